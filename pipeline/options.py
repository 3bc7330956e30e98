"""The options that several commands of the pipeline share."""

from typing import Annotated

import typer

from engine import deployment as engine
from arbor import screen

USAGE = 2


def a_stack(name: str) -> str:
    """The stack's name; ends with one sentence and exit code 2 for a stack without config."""
    try:
        engine.stack_config(name)
    except engine.StackFileError as unknown:
        screen.end(str(unknown), USAGE)
    return name


Stack = Annotated[str, typer.Option(help="Which stack: production or staging.", callback=a_stack)]
