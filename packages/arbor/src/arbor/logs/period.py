"""Moments as operators type them: how long ago, or when in UTC."""

import re
from datetime import UTC, datetime, timedelta

SPAN = re.compile(r"(\d{1,6})([smhdw])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
ALLOWED = "30m, 1h or 2d ago, or a time in UTC such as 2026-01-27T12:00:00"
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
"""Before it CloudWatch Logs counts no time."""


def moment(said: str, now: datetime) -> datetime:
    """When that is; a time without an offset is in UTC.

    Raises ValueError, with what is allowed, for what can't be read or is yet to come.
    """
    try:
        found = _read(said, now)
    except (ValueError, OverflowError):
        raise ValueError(f"{said!r} is no time; allowed: {ALLOWED}.") from None
    if found > now:
        raise ValueError(f"{said} is yet to come: it is {told(now)}.")
    if found < FIRST:
        raise ValueError(f"{said} is before {told(FIRST)}, where time begins.")
    return found


def _read(said: str, now: datetime) -> datetime:
    if span := SPAN.fullmatch(said):
        return now - timedelta(**{UNITS[span[2]]: int(span[1])})
    found = datetime.fromisoformat(said)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def milliseconds(at: datetime) -> int:
    """As CloudWatch Logs counts."""
    return round(at.timestamp() * 1000)


def at(milliseconds: int) -> datetime:
    """The moment that CloudWatch Logs counts so."""
    return FIRST + timedelta(milliseconds=milliseconds)


def told(at: datetime) -> str:
    """A moment in UTC, as `moment` reads it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
