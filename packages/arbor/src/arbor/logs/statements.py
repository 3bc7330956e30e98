"""PostgreSQL's log of slow statements as RDS exports it, and statements without their values.

A line of it, after the time, the address, the user and the process:
`LOG:  duration: 1234.567 ms  execute <unnamed>: SELECT ...`
https://www.postgresql.org/docs/16/runtime-config-logging.html
"""

import re
from typing import NamedTuple

_LOGGED = re.compile(
    r"duration: (?P<milliseconds>\d+(?:\.\d+)?) ms  ?"
    r"(?:statement|(?:parse|bind|execute) [^:]*): (?P<query>.+)",
    re.DOTALL,
)
_PARTS = re.compile(
    r"""
      (?P<comment> --[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<literal> [eE]'(?:[^'\\]|\\.|'')*(?:'|\Z) | (?:[bBnNxX]|[uU]&)?'(?:[^']|'')*(?:'|\Z)
        | (?P<dollars>\$(?:[A-Za-z_]\w*)?\$).*?(?:(?P=dollars)|\Z) )
    | (?P<name> "(?:[^"]|"")*" | [^\W\d][\w$]* | \$\d+ )
    | (?P<number> (?:\d[\d_]*(?:\.[\d_]*)?|\.\d+)(?:[eE][+-]?\d+)?(?:[A-Za-z]\w*)? )
    | (?P<space> \s+ )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_VALUES = re.compile(
    r"\( ?(?:\?|\$\d+)(?: ?, ?(?:\?|\$\d+))+ ?\)|(?<=\bin )\( ?(?:\?|\$\d+) ?\)", re.IGNORECASE
)
_ROWS = re.compile(r"\(\.\.\.\)(?: ?, ?\(\.\.\.\))+")
"""Two executions of a statement may have lists of different lengths."""


class Slow(NamedTuple):
    """A slow statement."""

    milliseconds: float
    query: str
    """Without its values."""


def read(line: str) -> Slow | None:
    """The statement in a line of the log; None for another line."""
    found = _LOGGED.search(line)
    if found is None:
        return None
    return Slow(float(found["milliseconds"]), without_values(found["query"]))


def without_values(query: str) -> str:
    """The statement with `?` for each value, `(...)` for each list of values, and no comments.

    A value that was cut off is removed too.
    """
    made = "".join(_part(part) for part in _PARTS.finditer(query))
    return _ROWS.sub("(...)", _VALUES.sub("(...)", " ".join(made.split())))


def _part(part: re.Match[str]) -> str:
    if part.lastgroup in {"literal", "number"}:
        return "?"
    if part.lastgroup in {"comment", "space"}:
        return " "
    return part[0]
