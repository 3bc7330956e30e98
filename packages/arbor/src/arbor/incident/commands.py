"""The commands status, triage and health."""

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from arbor import screen
from arbor.account import Account, connect
from arbor.ecs import health as http
from arbor.incident import public_urls, readings, snapshot
from arbor.incident import status as status_page
from arbor.incident import triage as triage_page
from arbor.incident.checks import needs_attention
from arbor.incident.reads import shared_reads
from arbor.options import Every, Json, Stack
from arbor.procedure import EVERY_SECONDS, Failed

if TYPE_CHECKING:
    from rich.table import Table

app = typer.Typer()


@app.command()
def status(
    stack: Stack = "production",
    watch: Annotated[
        bool, typer.Option("--watch", help="Refresh the screen until Ctrl-C.")
    ] = False,
    every: Every = EVERY_SECONDS,
    as_json: Json = False,
) -> None:
    """Show the whole stack on one screen; exit 1 if anything is wrong or unknown."""
    if watch and as_json:
        raise typer.BadParameter("--watch and --json exclude each other; choose one")
    with screen.outcome():
        account = connect(stack, quick=True)
        if watch:
            _watch(account, every)
            return
        found = _snapshot(account)
        screen.answer(
            status_page.document(found), lambda: status_page.screen(found), as_json=as_json
        )
        if any(map(needs_attention, found.checks())):
            raise typer.Exit(screen.FAILED)


@app.command()
def triage(stack: Stack = "production", as_json: Json = False) -> None:
    """Show problems, severity and next commands; exit 1 if anything is wrong or unknown."""
    with screen.outcome():
        account = connect(stack, quick=True)
        found = readings.read(shared_reads(account), http.get, datetime.now(UTC))
        screen.answer(
            triage_page.document(found), lambda: triage_page.screen(found), as_json=as_json
        )
        if triage_page.findings(found) or triage_page.unknown(found):
            raise typer.Exit(screen.FAILED)


def _snapshot(account: Account) -> snapshot.Snapshot:
    return snapshot.take(shared_reads(account), http.get, datetime.now(UTC))


def _watch(account: Account, every: float) -> None:
    """Refresh until Ctrl-C, which exits 0."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.live import Live  # noqa: PLC0415 - as above

    try:
        first = status_page.screen(_snapshot(account))
        with Live(first, console=Console(highlight=False), auto_refresh=False) as live:
            while True:
                time.sleep(every)
                try:
                    live.update(status_page.screen(_snapshot(account)), refresh=True)
                except (BotoCoreError, ClientError) as error:
                    live.update(f"{screen.sentence(error)} Retrying.", refresh=True)
    except KeyboardInterrupt:
        return


@app.command()
def health(
    stack: Stack = "production",
    green: Annotated[
        bool, typer.Option("--green", help="Request the test host, green.<domain>.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Request each service's public URL; exit 1 if one isn't healthy."""
    with screen.outcome():
        found = public_urls.request(connect(stack), http.get, green=green)
        screen.answer([one.document() for one in found], lambda: _table(found), as_json=as_json)
        if problems := [one.sentence for one in found if one.problem]:
            raise Failed(" ".join(problems))


def _table(found: list[public_urls.UrlCheck]) -> "Table":
    from rich.table import Table  # noqa: PLC0415 - slow, and --help is fast
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table("", "Service", "HTTP", "ms", "Report", box=None)
    for one in found:
        table.add_row(
            "NG" if one.problem else "OK",
            one.service,
            "-" if one.status is None else str(one.status),
            str(one.milliseconds),
            Text(", ".join(filter(None, [one.problem, *one.stores]))),
        )
    return table
