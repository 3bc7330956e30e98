"""rotate-password on the command line, and the audits."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from operations import screen
from operations.account import Account, connect
from operations.database import connection as database
from operations.database.credentials import Credentials
from operations.options import DryRun, Every, Manner, Stack, TakeOver, Yes
from operations.procedure import EVERY_SECONDS
from operations.security import rotation
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
def rotate_password(
    stack: Stack = "production",
    two_users: Annotated[
        bool,
        typer.Option("--two-users", help="Let two users take turns: no connection is refused."),
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    take_over: TakeOver = False,
    every: Every = EVERY_SECONDS,
) -> None:
    """Give the database, its secret and the running tasks a new password, in that order."""
    manner = Manner(dry_run=dry_run, yes=yes, every=every, take_over=take_over)
    with screen.told():
        account = connect(stack)
        manner.carry_out(
            account,
            "rotate-password",
            lambda: rotation.plan(account, connection, two_users=two_users),
            "The database, the secret and the running tasks agree on the new password.",
        )
