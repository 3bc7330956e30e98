"""runbook on the command line."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arbor import screen
from arbor.account import connect
from arbor.options import Json, Stack

if TYPE_CHECKING:
    from rich.console import RenderableType

app = typer.Typer()


@app.command()
def runbook(
    stack: Stack = "production",
    html: Annotated[
        Path | None, typer.Option(help="Write a page with copy buttons to this file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the runbook with every placeholder filled in from the account."""
    from arbor.runbook import rendered  # noqa: PLC0415 - slow, and --help is fast

    with screen.outcome():
        made = rendered.render(connect(stack))
        if html is not None:
            rendered.write(html, made.html())
            typer.echo(f"{html}: {made.summary()}", err=as_json)
        if as_json:
            screen.answer(made.document(), _nothing, as_json=True)
        elif html is None:
            typer.echo(made.markdown(), nl=False)


def _nothing() -> "RenderableType":
    return ""
