"""Tracebacks made whole: a container's log driver sends each of their lines as an event.

The lines of one belong to one stream and follow each other at once, but other workers of the task
write between them, and other streams stand between them on a page.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from arbor.logs import plain
from arbor.logs.line import Line

GAP = 1_000
"""Milliseconds between two lines of one traceback at most; they are written at once."""
TRACEBACK = "Traceback (most recent call last):"
CHAINED = ("During handling of the above exception", "The above exception was the direct cause")
"""Between two tracebacks of one error: https://docs.python.org/3/library/traceback.html."""
NOTES = ("[SQL:", "[parameters:", "(Background on this error", "DETAIL:", "HINT:")
"""What SQLAlchemy and PostgreSQL write below the message of an error."""
ANNOUNCES = re.compile(r"[Ee]xception|Error handling")
"""In a server's line above the traceback that it is about."""
ENDS = re.compile(r"[A-Za-z_][\w.]*(?::|$)")
"""The class of the error, and its message."""


@dataclass(kw_only=True)
class _Whole:
    """An error, as far as it was read."""

    lines: list[Line]
    inside: bool = field(init=False)
    """A traceback whose last line is still to come."""
    announces: bool = field(init=False)
    """A traceback may follow that belongs to it."""

    def __post_init__(self) -> None:
        self.inside = self.lines[0].text.startswith(TRACEBACK)
        self.announces = not self.inside and bool(ANNOUNCES.search(self.lines[0].text))

    def takes(self, line: Line) -> bool:
        """Whether a line of its stream goes on with it; it is added then."""
        if line.at - self.lines[-1].at > GAP or not self._goes_on(line.text):
            return False
        self.lines.append(line)
        return True

    def _goes_on(self, text: str) -> bool:
        if text[:1].isspace() or text.startswith(NOTES):
            return True
        if text.startswith(TRACEBACK) and self.announces:
            self.inside, self.announces = True, False
            return True
        if text.startswith(CHAINED):
            self.announces = True
            return True
        if self.inside and ENDS.match(text):
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
    """The lines in their order, each traceback as one line with the others in its `rest`.

    Those that may go on after the last line that was read are not `ended`.
    """
    waiting: deque[_Whole] = deque()
    unended: dict[str, _Whole] = {}
    for line in lines:
        before = unended.get(line.stream)
        beside = bool(line.fields) or plain.is_access(line.text)
        if beside or before is None or not before.takes(line):
            waiting.append(_Whole(lines=[line]))
            if not beside and line.is_error:
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
    """The line that says what happened: of a traceback the last one, where it ends."""
    lines = text.split("\n")
    if not any(TRACEBACK in one for one in lines):
        return lines[0]
    return next(
        (one for one in reversed(lines) if not one[:1].isspace() and not one.startswith(NOTES)),
        lines[-1],
    )
