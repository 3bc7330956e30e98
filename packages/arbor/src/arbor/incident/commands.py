"""status, triage and health on the command line."""

import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from arbor import screen
from arbor.account import Account, connect
from arbor.ecs import health as urls
from arbor.incident import answers, evidence, shared
from arbor.incident import look as looking
from arbor.incident import status as shown
from arbor.incident import triage as diagnosed
from arbor.options import Every, Json, Stack
from arbor.procedure import EVERY_SECONDS, Failed

if TYPE_CHECKING:
    from rich.table import Table

app = typer.Typer()


@app.command()
def status(
    stack: Stack = "production",
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again and again, until Ctrl-C.")
    ] = False,
    every: Every = EVERY_SECONDS,
    as_json: Json = False,
) -> None:
    """See everything that runs on one screen; 1 when something is wrong or unknown."""
    if watch and as_json:
        raise typer.BadParameter("--watch draws a screen and --json doesn't: choose one")
    with screen.told():
        account = connect(stack, quick=True)
        if watch:
            _watch(account, every)
            return
        found = _look(account)
        screen.answer(shown.document(found), lambda: shown.screen(found), as_json=as_json)
        if any(row.wrong for row in found.rows()):
            raise typer.Exit(screen.FAILED)


@app.command()
def triage(stack: Stack = "production", as_json: Json = False) -> None:
    """Find out what is wrong, how severe it looks and what to run next; 1 when something is."""
    with screen.told():
        account = connect(stack, quick=True)
        found = evidence.gather(shared.share(account), urls.get, datetime.now(UTC))
        screen.answer(diagnosed.document(found), lambda: diagnosed.screen(found), as_json=as_json)
        if diagnosed.findings(found) or diagnosed.unknown(found):
            raise typer.Exit(screen.FAILED)


def _look(account: Account) -> looking.Look:
    return looking.take(shared.share(account), urls.get, datetime.now(UTC))


def _watch(account: Account, every: float) -> None:
    """Until Ctrl-C, which is how it ends and no failure."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.live import Live  # noqa: PLC0415 - as above

    try:
        first = shown.screen(_look(account))
        with Live(first, console=Console(highlight=False), auto_refresh=False) as live:
            while True:
                time.sleep(every)
                try:
                    live.update(shown.screen(_look(account)), refresh=True)
                except (BotoCoreError, ClientError) as error:
                    live.update(f"{screen.sentence(error)} Looking again.", refresh=True)
    except KeyboardInterrupt:
        return


@app.command()
def health(
    stack: Stack = "production",
    green: Annotated[
        bool, typer.Option("--green", help="Ask the green host: the colour under test.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Ask backend and frontend as a user would; 1 when one of them isn't healthy."""
    with screen.told():
        found = answers.ask(connect(stack), urls.get, green=green)
        screen.answer([asdict(one) for one in found], lambda: _table(found), as_json=as_json)
        if wrong := [one.sentence for one in found if one.wrong]:
            raise Failed(" ".join(wrong))


def _table(found: list[answers.Answer]) -> "Table":
    from rich.table import Table  # noqa: PLC0415 - slow, and --help is fast
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table("", "Service", "HTTP", "ms", "Says", box=None)
    for one in found:
        table.add_row(
            "NG" if one.wrong else "OK",
            one.service,
            "-" if one.status is None else str(one.status),
            str(one.milliseconds),
            Text(", ".join(([one.wrong] if one.wrong else []) + one.parts)),
        )
    return table
