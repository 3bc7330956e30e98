"""Lines of a log, one by one: drawn for people, or as a JSON document each."""

import json
from collections.abc import Callable

import typer

from arbor.logs.line import Line


def printer(*, as_json: bool) -> Callable[[Line], object]:
    """What prints a line."""
    if as_json:
        return lambda line: typer.echo(json.dumps(line.document()))
    from rich.console import Console  # noqa: PLC0415 - slow, and --help is fast

    from arbor.logs.drawn import drawn  # noqa: PLC0415 - as above

    console = Console(highlight=False, soft_wrap=True)
    return lambda line: console.print(drawn(line))
