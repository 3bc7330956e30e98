"""One line of a log: the JSON that the application writes, or text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeGuard

from arbor import times
from arbor.logs import plain

LEVELS = ("level", "levelname", "severity", "log_level")
MESSAGES = ("message", "msg", "event")
TIMES = frozenset({"timestamp", "time", "asctime", "@timestamp"})
"""CloudWatch's own time of the event is shown."""
DURATIONS = ("duration", "response_time_ms", "processing_time_ms")
"""Milliseconds: as the runbook calls them, and as the application does."""


@dataclass(frozen=True)
class Line:
    """An event as CloudWatch Logs keeps it."""

    id: str
    at: int
    """Milliseconds since 1970."""
    stream: str
    text: str
    rest: tuple["Line", ...] = ()
    """The events after the first that it was joined from: `arbor/logs/joined.py`."""
    ended: bool = True
    """Whether no further event can belong to it."""

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """Of a line that is a JSON object; nothing for any other."""
        try:
            found = json.loads(self.text)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def level(self) -> str:
        """In capitals; nothing where the line names none in words."""
        said = (self.fields.get(key) for key in LEVELS)
        return next((one.upper() for one in said if isinstance(one, str)), "")

    @property
    def is_error(self) -> bool:
        """By its level, where it names one; else by what its text says."""
        if self.level:
            return self.level in plain.BAD_LEVELS
        if self.fields:
            return any(word in self.text for word in plain.BAD_WORDS)
        return plain.is_error(self.text)

    @property
    def milliseconds(self) -> float | None:
        """How long it says that something took, the longest; None where it says nothing of it."""
        said = [self.fields.get(key) for key in DURATIONS]
        return max((one for one in said if _is_number(one)), default=None)

    @property
    def time(self) -> str:
        """In UTC, to the millisecond; `--since` reads it."""
        return f"{times.from_milliseconds(self.at):%Y-%m-%dT%H:%M:%S}.{self.at % 1000:03}Z"

    def document(self) -> dict[str, object]:
        """For scripts: what was logged as it was logged, JSON as JSON."""
        return {
            "time": self.time,
            "stream": self.stream,
            "id": self.id,
            "line": self.fields or self.text,
        }


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def line(event: Mapping[str, Any]) -> Line:
    """An event of FilterLogEvents."""
    return Line(
        id=event["eventId"],
        at=event["timestamp"],
        stream=event["logStreamName"],
        text=event["message"],
    )
