"""A session in the stack's PostgreSQL with the secret's credentials."""

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
    """Log in as the application's user, for read-only transactions.

    During a rotation the pending password is tried too. Raises Refused, and Failed if PostgreSQL
    is unreachable or rejects both.
    """
    held = secret.read(account)
    with ExitStack() as stack:
        for credentials in filter(None, (held.current, held.pending)):
            try:
                session = stack.enter_context(
                    connection(
                        account, credentials.username, credentials.password, open_tunnel=tunnel
                    )
                )
            except WrongPasswordError:
                continue
            session.read_only = True
            yield session
            return
        raise Failed(
            f"The database rejects the password in {held.arn}: a rotation is incomplete; run "
            f"`{account.typed('arbor rotate-password')}` to complete it."
        )
