"""A log line for a terminal, without control characters of the line."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from arbor.logs.line import LEVELS, MESSAGES, TIMES, Line
from arbor.screen import safe

if TYPE_CHECKING:
    from rich.text import Text

COLOURS = {
    "DEBUG": "dim",
    "INFO": "green",
    "WARN": "yellow",
    "WARNING": "yellow",
    "ERROR": "bold red",
    "CRITICAL": "bold white on red",
    "FATAL": "bold white on red",
}
INDENT = "\n    "
"""Before the further lines of a text, so that none looks like a log line of its own."""


def render(line: Line) -> "Text":
    """Time, level, message and dimmed fields of JSON; a text as it is."""
    from rich.text import Text  # noqa: PLC0415 - slow, and --help is fast

    text = Text(line.time, style="dim")
    if not line.fields:
        return text.append(f" {_block(line.text)}", style="not dim")
    rest = dict(line.fields)
    level = safe(line.level)
    for key in (*LEVELS, *TIMES):
        rest.pop(key, None)
    if level:
        text.append(" ").append(f"{level:<7}", style=f"not dim {COLOURS.get(level, '')}")
    texts = {key: value for key, value in rest.items() if isinstance(value, str)}
    message = next((key for key in MESSAGES if key in texts), None)
    if message is not None:
        del rest[message]
        text.append(f" {_block(texts.pop(message))}", style="not dim")
    blocks = {key: value for key, value in texts.items() if "\n" in value}
    for key, value in rest.items():
        if key not in blocks:
            text.append(f" {safe(key)}={safe(_plain(value))}")
    for key, value in blocks.items():
        text.append(f"{INDENT}{safe(key)}={_block(value)}")
    return text


def _block(value: str) -> str:
    return INDENT.join(safe(part) for part in value.replace("\r\n", "\n").strip("\n").split("\n"))


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def printer(*, as_json: bool) -> Callable[[Line], object]:
    """A function that prints a line, coloured or as a JSON document."""
    if as_json:
        return lambda line: typer.echo(json.dumps(line.document()))
    from rich.console import Console  # noqa: PLC0415 - slow, and --help is fast

    console = Console(highlight=False, soft_wrap=True)
    return lambda line: console.print(render(line))
