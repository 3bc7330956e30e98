"""health on the command line."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from operations import screen
from operations.account import connect
from operations.ecs import health as urls
from operations.incident import answers
from operations.options import Json, Stack
from operations.procedure import Failed

if TYPE_CHECKING:
    from rich.table import Table

app = typer.Typer()
PARTS = ("database", "redis")
"""What the backend reports beside its own status."""


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
        wrong = [f"{one.address} {one.wrong}." for one in found if one.wrong]
        if wrong:
            raise Failed(" ".join(wrong))


def _table(found: list[answers.Answer]) -> "Table":
    from rich.table import Table  # noqa: PLC0415 - slow, and --help is fast

    table = Table("", "Service", "HTTP", "ms", "Says", box=None)
    for one in found:
        parts = [f"{part} {one.says[part]}" for part in PARTS if part in one.says]
        table.add_row(
            "NG" if one.wrong else "OK",
            one.service,
            "-" if one.status is None else str(one.status),
            str(one.milliseconds),
            ", ".join(([one.wrong] if one.wrong else []) + parts),
        )
    return table
