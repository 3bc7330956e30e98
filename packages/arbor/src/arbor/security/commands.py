"""The rotation commands and the group `audit`."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from arbor import screen
from arbor.account import Account, connect
from arbor.cache.endpoint import post
from arbor.cache.session import accepts
from arbor.database import connection as database
from arbor.database.secret import Credentials
from arbor.options import Stack, WriteOptions, writes
from arbor.security import auth_token, first_rotation, password, rotation, signing_key
from arbor.security.audit import commands as audits

if TYPE_CHECKING:
    import psycopg

app = typer.Typer()
app.add_typer(audits.group, name="audit")


def connection(
    account: Account, credentials: Credentials
) -> AbstractContextManager["psycopg.Connection"]:
    """Log in to the database."""
    return database.connection(account, credentials.username, credentials.password)


TwoUsers = Annotated[
    bool,
    typer.Option(
        "--two-users", help="Alternate between two users, so that no connection is refused."
    ),
]
NoUrl = Annotated[
    bool,
    typer.Option(
        "--no-url", help="Skip the check that the application accepts the new SECRET_KEY."
    ),
]


@app.command("rotate-password")
@writes
def rotate_password(
    stack: Stack = "production",
    two_users: TwoUsers = False,
    *,
    write: WriteOptions,
) -> None:
    """Set a new password in the database, its secret and the running tasks, in that order."""
    with screen.outcome():
        account = connect(stack)
        write.carry_out(
            account,
            "rotate-password",
            lambda: rotation.plan(
                account, "rotate-password", password.plan(account, connection, two_users=two_users)
            ),
            "The database, the secret and the running tasks use the new password.",
        )


@app.command("rotate-token")
@writes
def rotate_token(stack: Stack = "production", *, write: WriteOptions) -> None:
    """Set a new AUTH token in the cache, its secret and the running tasks."""
    with screen.outcome():
        account = connect(stack)
        write.carry_out(
            account,
            "rotate-token",
            lambda: rotation.plan(account, "rotate-token", auth_token.plan(account, accepts)),
            "The cache, the secret and the running tasks use the new AUTH token.",
        )


@app.command("rotate-key")
@writes
def rotate_key(stack: Stack = "production", no_url: NoUrl = False, *, write: WriteOptions) -> None:
    """Set a new SECRET_KEY for the application; every client must sign in again."""
    with screen.outcome():
        account = connect(stack)
        write.carry_out(
            account,
            "rotate-key",
            lambda: rotation.plan(
                account, "rotate-key", signing_key.plan(account, None if no_url else post)
            ),
            "The secret and the running tasks use the new SECRET_KEY.",
        )


@app.command("rotate-first")
@writes
def rotate_first(
    stack: Stack = "production",
    two_users: TwoUsers = False,
    no_url: NoUrl = False,
    *,
    write: WriteOptions,
) -> None:
    """Rotate each secret whose value is in Pulumi's state, with one deployment.

    Run it after the first `pulumi up`; `arbor audit secrets` lists these secrets.
    """
    with screen.outcome():
        account = connect(stack)
        if not first_rotation.left(account):
            typer.echo(f"No secret of {stack} has its first value: nothing to rotate.")
            return

        def plan() -> rotation.Rotation:
            return first_rotation.plan(
                account,
                {
                    "db": lambda: password.plan(account, connection, two_users=two_users),
                    "redis": lambda: auth_token.plan(account, accepts),
                    "app": lambda: signing_key.plan(account, None if no_url else post),
                },
            )

        write.carry_out(
            account,
            "rotate-first",
            plan,
            f"No secret of {stack} has its value from Pulumi's state.",
        )
