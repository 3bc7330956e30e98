"""The options that several commands of the pipeline share."""

from pathlib import Path
from typing import Annotated

import typer

from arbor import screen
from engine import stack_file

USAGE = 2


def a_stack(name: str) -> str:
    """The stack's name; ends with one sentence and exit code 2 for a stack without config."""
    try:
        stack_file.stack_config(name)
    except stack_file.StackFileError as unknown:
        screen.end(str(unknown), USAGE)
    return name


Stack = Annotated[str, typer.Option(help="The stack: production or staging.", callback=a_stack)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Skip the confirmation; for scripts.")]
Emulated = Annotated[
    bool, typer.Option("--emulated", help="In a fresh emulated account, without credentials.")
]
Base = Annotated[
    Path | None,
    typer.Option(
        help="With --emulated: a checkout to deploy first.",
        resolve_path=True,
        exists=True,
        file_okay=False,
    ),
]
BASE_ALONE = "--base requires --emulated."
