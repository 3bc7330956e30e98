"""Helpers of a snapshot's checks."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from arbor.check import Check

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Unknown:
    """Stands for a part that could not be read."""

    reason: str

    def check(self, name: str) -> Check:
        return Check(status="??", name=name, message=f"unknown: {self.reason}")


def needs_attention(check: Check) -> bool:
    """Whether it failed or is unknown."""
    return check.status in {"NG", "??"}


def sentence(check: Check) -> str:
    """Name and message."""
    return f"{check.name}: {check.message}"


def ago(then: datetime, now: datetime) -> str:
    """The time since `then` in its largest unit."""
    passed = max(now - then, timedelta())
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if passed >= unit:
            return f"{passed // unit} {name} ago"
    return "just now"


def listed(many: list[str], most: int = 3) -> str:
    """The first `most` of them, and the number of the others."""
    others = len(many) - most
    return ", ".join(many[:most]) + (f" and {others} more" if others > 0 else "")
