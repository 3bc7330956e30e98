"""Times on the command line: a length before now, or a time in UTC."""

import re
from datetime import UTC, datetime, timedelta

LENGTH = re.compile(r"(\d{1,6}) ?([smhdw])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
ALLOWED = "`30m`, `1h` or `2d ago`, or a time in UTC such as `2026-01-27T12:00:00Z`"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def length(text: str) -> timedelta | None:
    """The length that `90s`, `30m`, `2h`, `2d` or `1w` names; None for other text."""
    match = LENGTH.fullmatch(text)
    return timedelta(**{UNITS[match[2]]: int(match[1])}) if match else None


def parse(text: str, now: datetime) -> datetime:
    """A length before `now`, with or without `ago`, or an ISO 8601 time; UTC without an offset.

    Raises ValueError with the allowed forms.
    """
    typed = text.strip()
    try:
        if (before := length(typed.removesuffix("ago").rstrip())) is not None:
            return now - before
        moment = datetime.fromisoformat(typed)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a time; allowed: {ALLOWED}.") from None


def past(text: str, now: datetime) -> datetime:
    """As `parse`, between 1970 and `now`. Raises ValueError."""
    moment = parse(text, now)
    if moment > now:
        raise ValueError(f"{text} is in the future: it is {utc(now)}.")
    if moment < EPOCH:
        raise ValueError(f"{text} is before {utc(EPOCH)}, CloudWatch Logs' first time.")
    return moment


def milliseconds(moment: datetime) -> int:
    """Since 1970, as CloudWatch Logs counts."""
    return round(moment.timestamp() * 1000)


def from_milliseconds(count: int) -> datetime:
    """The time in UTC that is `count` milliseconds after 1970."""
    return EPOCH + timedelta(milliseconds=count)


def utc(moment: datetime) -> str:
    """To the second, in a form that `parse` accepts."""
    return f"{moment.astimezone(UTC).isoformat(timespec='seconds').removesuffix('+00:00')}Z"
