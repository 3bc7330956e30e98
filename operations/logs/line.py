"""One line of a log: the JSON that the application writes, or text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from operations.logs import period

LEVELS = ("level", "levelname", "severity", "log_level")
MESSAGES = ("message", "msg", "event")
TIMES = frozenset({"timestamp", "time", "asctime", "@timestamp"})
"""CloudWatch's own time of the event is shown."""
BAD_LEVELS = frozenset({"ERROR", "CRITICAL", "FATAL"})
BAD_WORDS = ("ERROR", "CRITICAL", "FATAL", "Error", "Exception", "Traceback")
"""What makes an error of a line that names no level."""


@dataclass(frozen=True)
class Line:
    """An event as CloudWatch Logs keeps it."""

    id: str
    at: int
    """Milliseconds since 1970."""
    stream: str
    text: str

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
        """By its level, where it names one; else by the words that stand in it."""
        if self.level:
            return self.level in BAD_LEVELS
        return any(word in self.text for word in BAD_WORDS)

    @property
    def time(self) -> str:
        """In UTC, to the millisecond; `--since` reads it."""
        return f"{period.at(self.at):%Y-%m-%dT%H:%M:%S}.{self.at % 1000:03}Z"

    def document(self) -> dict[str, object]:
        """For scripts: what was logged as it was logged, JSON as JSON."""
        return {
            "time": self.time,
            "stream": self.stream,
            "id": self.id,
            "line": self.fields or self.text,
        }


def line(event: Mapping[str, Any]) -> Line:
    """An event of FilterLogEvents."""
    return Line(
        id=event["eventId"],
        at=event["timestamp"],
        stream=event["logStreamName"],
        text=event["message"],
    )
