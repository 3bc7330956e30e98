"""Joins the lines of a traceback, which the container's log driver sends as single events.

The lines of a traceback are in one stream and close in time, but lines of other workers and other
streams lie between them.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from arbor.logs import plain
from arbor.logs.line import Line

GAP = 1_000
"""The longest gap between two lines of a traceback, in milliseconds."""
TRACEBACK = "Traceback (most recent call last):"
CHAINED = ("During handling of the above exception", "The above exception was the direct cause")
"""Between two tracebacks of one error: https://docs.python.org/3/library/traceback.html."""
NOTES = ("[SQL:", "[parameters:", "(Background on this error", "DETAIL:", "HINT:")
"""The starts of lines that SQLAlchemy and PostgreSQL write below an error's message."""
INTRODUCES = re.compile(r"[Ee]xception|Error handling")
"""In a server's line above a traceback."""
LAST_LINE = re.compile(r"[A-Za-z_][\w.]*(?::|$)")
"""The error's class, and its message."""


@dataclass(kw_only=True)
class _Traceback:
    """An error, as far as it was read."""

    lines: list[Line]
    inside: bool = field(init=False)
    """Before the last line of a traceback."""
    introduces: bool = field(init=False)
    """Before a traceback that belongs to the error."""

    def __post_init__(self) -> None:
        self.inside = self.lines[0].text.startswith(TRACEBACK)
        self.introduces = not self.inside and bool(INTRODUCES.search(self.lines[0].text))

    def append(self, line: Line) -> bool:
        """Add a line of its stream if it belongs to the error; returns whether it does."""
        if line.at - self.lines[-1].at > GAP or not self._continues(line.text):
            return False
        self.lines.append(line)
        return True

    def _continues(self, text: str) -> bool:
        if text[:1].isspace() or text.startswith(NOTES):
            return True
        if text.startswith(TRACEBACK) and self.introduces:
            self.inside, self.introduces = True, False
            return True
        if text.startswith(CHAINED):
            self.introduces = True
            return True
        if self.inside and LAST_LINE.match(text):
            self.inside = False
            return True
        return False

    def line(self, *, ended: bool) -> Line:
        first, *rest = self.lines
        text = "\n".join(one.text for one in self.lines)
        return (
            replace(first, text=text, rest=tuple(rest), ended=ended) if rest or not ended else first
        )


def joined(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines in their order, each traceback as one line with its further lines in `rest`.

    A traceback that may continue after the last line has `ended` False.
    """
    waiting: deque[_Traceback] = deque()
    unended: dict[str, _Traceback] = {}
    for line in lines:
        before = unended.get(line.stream)
        separate = bool(line.fields) or plain.is_access(line.text)
        if separate or before is None or not before.append(line):
            waiting.append(_Traceback(lines=[line]))
            if not separate and line.is_error:
                unended[line.stream] = waiting[-1]
        while waiting:
            oldest = waiting[0]
            stream = oldest.lines[0].stream
            if unended.get(stream) is oldest:
                if line.at - oldest.lines[-1].at <= GAP:
                    break
                del unended[stream]
            yield waiting.popleft().line(ended=True)
    for one in waiting:
        yield one.line(ended=unended.get(one.lines[0].stream) is not one)


def headline(text: str) -> str:
    """The line with the error: the last one of a traceback, else the first."""
    lines = text.split("\n")
    if not any(TRACEBACK in one for one in lines):
        return lines[0]
    return next(
        (one for one in reversed(lines) if not one[:1].isspace() and not one.startswith(NOTES)),
        lines[-1],
    )
