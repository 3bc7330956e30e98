"""A line of a log for a person's terminal, which nothing in the line may steer."""

import json
from typing import TYPE_CHECKING

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
"""A line within a line, such as of a traceback: none of them begins as a line of the log does."""


def drawn(line: Line) -> "Text":
    """Time, level, message, and dim what else it says; text that is no JSON as it is."""
    from rich.text import Text  # noqa: PLC0415 - slow, and --help is fast

    made = Text(line.time, style="dim")
    if not line.fields:
        return made.append(f" {_block(line.text)}", style="not dim")
    rest = dict(line.fields)
    level = safe(line.level)
    for key in (*LEVELS, *TIMES):
        rest.pop(key, None)
    if level:
        made.append(" ").append(f"{level:<7}", style=f"not dim {COLOURS.get(level, '')}")
    message = next((key for key in MESSAGES if isinstance(rest.get(key), str)), None)
    if message is not None:
        made.append(f" {_block(rest.pop(message))}", style="not dim")
    blocks = {key: rest.pop(key) for key in list(rest) if _has_lines(rest[key])}
    for key, value in rest.items():
        made.append(f" {safe(key)}={safe(_said(value))}")
    for key, value in blocks.items():
        made.append(f"{INDENT}{safe(key)}={_block(value)}")
    return made


def _block(text: str) -> str:
    return INDENT.join(safe(part) for part in text.replace("\r\n", "\n").strip("\n").split("\n"))


def _has_lines(value: object) -> bool:
    return isinstance(value, str) and "\n" in value


def _said(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
