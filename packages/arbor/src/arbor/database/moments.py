"""A moment that an operator names."""

import re
from datetime import UTC, datetime, timedelta

ALLOWED = "a time in UTC such as 2026-01-27T12:00:00Z, or how long ago, such as `30m ago`"
AGO = re.compile(r"(\d{1,6}) ?([smhd])(?: ago)?")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse(text: str, now: datetime | None = None) -> datetime:
    """To the second, in UTC; a time that names no zone is UTC. Raises ValueError."""
    ago = AGO.fullmatch(text.strip())
    if ago is not None:
        length = timedelta(**{UNITS[ago[2]]: int(ago[1])})
        return ((now or datetime.now(UTC)) - length).replace(microsecond=0)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(ALLOWED) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).replace(microsecond=0)


def told(moment: datetime) -> str:
    """As a command takes it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
