"""A log line: the JSON that the application writes, or text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeGuard

from arbor import times
from arbor.logs import plain

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef

LEVELS = ("level", "levelname", "severity", "log_level")
MESSAGES = ("message", "msg", "event")
TIMES = frozenset({"timestamp", "time", "asctime", "@timestamp"})
"""Left out of the output, which has CloudWatch's time of the event."""
DURATIONS = ("duration", "response_time_ms", "processing_time_ms")
"""Milliseconds: the runbook's name, and the application's."""


@dataclass(frozen=True)
class Line:
    """An event of CloudWatch Logs."""

    id: str
    at: int
    """Milliseconds since 1970."""
    stream: str
    text: str
    rest: tuple["Line", ...] = ()
    """The further events of a joined line: `arbor/logs/joined.py`."""
    ended: bool = True
    """Whether no further event can belong to it."""

    @cached_property
    def fields(self) -> Mapping[str, object]:
        """The JSON object; empty for text."""
        try:
            found = json.loads(self.text)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def level(self) -> str:
        """In capitals; empty for a line without a level in words."""
        values = (self.fields.get(key) for key in LEVELS)
        return next((one.upper() for one in values if isinstance(one, str)), "")

    @property
    def is_error(self) -> bool:
        """By its level, or else by its text."""
        if self.level:
            return self.level in plain.ERROR_LEVELS
        if self.fields:
            return any(word in self.text for word in plain.ERROR_WORDS)
        return plain.is_error(self.text)

    @property
    def milliseconds(self) -> float | None:
        """The longest of its durations; None without one."""
        values = [self.fields.get(key) for key in DURATIONS]
        return max((one for one in values if _is_number(one)), default=None)

    @property
    def time(self) -> str:
        """In UTC, to the millisecond; `--since` accepts it."""
        return f"{times.from_milliseconds(self.at):%Y-%m-%dT%H:%M:%S}.{self.at % 1000:03}Z"

    def document(self) -> dict[str, object]:
        """For `--json`; JSON stays JSON."""
        return {
            "time": self.time,
            "stream": self.stream,
            "id": self.id,
            "line": self.fields or self.text,
        }


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def line(event: "FilteredLogEventTypeDef") -> Line:
    """An event of FilterLogEvents."""
    return Line(
        id=event["eventId"],
        at=event["timestamp"],
        stream=event["logStreamName"],
        text=event["message"],
    )
