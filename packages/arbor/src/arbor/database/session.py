"""A session in the stack's PostgreSQL as the application's user: what the secret holds now."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.database import secret
from arbor.database.connection import WrongPasswordError, connection
from arbor.procedure import Failed
from arbor.tunnel import tunnel

if TYPE_CHECKING:
    import psycopg


@contextmanager
def session(account: Account) -> Iterator["psycopg.Connection"]:
    """Log in, and change nothing: every transaction in it is read only.

    While a rotation is under way the database may take the pending password alone. Raises Refused,
    and Failed where PostgreSQL is not reached or takes neither.
    """
    held = secret.read(account)
    with ExitStack() as stack:
        for credentials in filter(None, (held.current, held.pending)):
            try:
                way = connection(account, credentials.username, credentials.password, way=tunnel)
                made = stack.enter_context(way)
            except WrongPasswordError:
                continue
            made.read_only = True
            yield made
            return
        raise Failed(
            f"The database does not take the password in {held.arn}: a rotation was left half way; "
            f"`{account.typed('arbor rotate-password')}` ends it."
        )
