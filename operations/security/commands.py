"""rotate-password on the command line, and the audits."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from operations import screen
from operations.account import Account, connect
from operations.database import connection as database
from operations.database.credentials import Credentials
from operations.options import Manner, Stack, writes
from operations.security import password, rotation
from operations.security.audit import commands as audits

if TYPE_CHECKING:
    import psycopg

app = typer.Typer()
app.add_typer(audits.group, name="audit")


def connection(
    account: Account, credentials: Credentials
) -> AbstractContextManager["psycopg.Connection"]:
    """As one of the database's users."""
    return database.connection(account, credentials.username, credentials.password)


@app.command("rotate-password")
@writes
def rotate_password(
    stack: Stack = "production",
    two_users: Annotated[
        bool,
        typer.Option("--two-users", help="Let two users take turns: no connection is refused."),
    ] = False,
    *,
    manner: Manner,
) -> None:
    """Give the database, its secret and the running tasks a new password, in that order."""
    with screen.told():
        account = connect(stack)
        manner.carry_out(
            account,
            "rotate-password",
            lambda: rotation.plan(
                account, "rotate-password", password.plan(account, connection, two_users=two_users)
            ),
            "The database, the secret and the running tasks agree on the new password.",
        )
