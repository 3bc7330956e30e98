"""The commands database snapshot, snapshots and restore."""

import re
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from arbor import screen, times
from arbor.account import Account
from arbor.account import connect as connected
from arbor.database import backups, cut_over, restore, snapshot
from arbor.database import connection as database
from arbor.database.secret import Credentials
from arbor.options import Json, Stack, WriteOptions, writes
from arbor_names import naming

if TYPE_CHECKING:
    import psycopg
    from rich.console import RenderableType

app = typer.Typer()
NAME = re.compile(r"(?=.{1,63}$)[a-z](?:-?[a-z0-9])*")
"""RDS's rule for identifiers, which it stores in lower case."""


def connection(
    account: Account, credentials: Credentials, name: str
) -> AbstractContextManager["psycopg.Connection"]:
    """Log in to the instance `name` as the application's user."""
    return database.connection(account, credentials.username, credentials.password, name=name)


def _moment(text: str) -> datetime:
    try:
        return times.parse(text, datetime.now(UTC)).replace(microsecond=0)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _name(text: str | None) -> str | None:
    if text is not None and NAME.fullmatch(text) is None:
        raise typer.BadParameter(
            f"{text!r}; allowed: 1 to 63 lower-case letters, digits and single hyphens, starting "
            "with a letter and not ending with a hyphen"
        )
    return text


@app.command("snapshot")
@writes
def make(
    stack: Stack = "production",
    *,
    write: WriteOptions,
) -> None:
    """Create a manual snapshot and wait until it is available."""
    with screen.outcome():
        account = connected(stack)
        name = snapshot.choose_name(account)
        write.carry_out(
            account,
            f"{snapshot.COMMAND} {name}",
            lambda: snapshot.plan(account, name),
            "The snapshot is available, and kept until an operator deletes it.",
        )


@app.command()
def snapshots(stack: Stack = "production", as_json: Json = False) -> None:
    """List snapshots and the window of point-in-time recovery."""
    with screen.outcome():
        found = backups.read(connected(stack))
        screen.answer(asdict(found), lambda: _backups(found), as_json=as_json)


@app.command("restore")
@writes
def restore_to(
    to: Annotated[
        datetime,
        typer.Option(
            "--to",
            parser=_moment,
            metavar="TIME",
            help="A time in UTC such as 2026-01-27T12:00:00Z, or `30m ago`.",
        ),
    ],
    stack: Stack = "production",
    name: Annotated[
        str | None,
        typer.Option(
            "--as",
            callback=_name,
            help="Name of the new instance; default: the database's with -restored.",
        ),
    ] = None,
    *,
    write: WriteOptions,
) -> None:
    """Restore the data of a point in time to a new instance; prints how to cut over to it."""
    wanted = name or f"{naming.database_instance(stack)}-restored"
    with screen.outcome():
        account = connected(stack)
        write.carry_out(
            account,
            f"database restore --to {times.utc(to)} --as {wanted}",
            lambda: restore.plan(account, to, wanted, connection),
            cut_over.instructions(stack, wanted),
        )


def _backups(found: backups.Backups) -> "RenderableType":
    from rich.table import Table  # noqa: PLC0415 - slow, and --help is fast

    window = found.restorable
    title = (
        f"Point-in-time recovery from {times.utc(window.earliest)} to {times.utc(window.latest)}"
        if window
        else "No automated backups: no point-in-time recovery"
    )
    # A row fits in 80 characters, and names are never truncated: operators copy them.
    table = Table(box=None, title=title, title_justify="left", padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("Name", "Kind", "When (UTC)", "GiB"):
        table.add_column(heading, no_wrap=True)
    for heading in ("Status", "Enc"):
        table.add_column(heading, overflow="fold")
    for one in found.snapshots:
        status = one.status if one.status != "creating" else f"creating, {one.percent} %"
        when = f"{one.taken.astimezone(UTC):%m-%d %H:%M}" if one.taken else ""
        encrypted = "yes" if one.encrypted else "NO"
        table.add_row(one.name, one.kind, when, str(one.gib), status, encrypted)
    return table
