"""A line of a screen: whether it is well, what it is about, and what was found."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Mark = Literal["OK", "NG", "??", ""]
"""Well, wrong, unknown; nothing where there is nothing to judge."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Row:
    """One line."""

    mark: Mark
    what: str
    says: str

    @property
    def wrong(self) -> bool:
        """Whether somebody should look: it is wrong, or nobody knows."""
        return self.mark in {"NG", "??"}


@dataclass(frozen=True)
class Unknown:
    """What could not be read, in place of what it would have been."""

    why: str

    def row(self, what: str) -> Row:
        return Row("??", what, f"unknown: {self.why}")


def ago(then: datetime, now: datetime) -> str:
    """How long it is since, in its largest unit."""
    passed = max(now - then, timedelta())
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if passed >= unit:
            return f"{passed // unit} {name} ago"
    return "just now"


def listed(many: list[str], most: int = 3) -> str:
    """The first of them, and how many there are beside."""
    beside = len(many) - most
    return ", ".join(many[:most]) + (f" and {beside} more" if beside > 0 else "")
