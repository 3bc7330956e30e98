"""RDS: maintenance and backup windows."""

import re
from datetime import datetime, timedelta

from moto.rds.exceptions import InvalidParameterValue

CLOCK = r"([01]\d|2[0-3]):([0-5]\d)"
DAILY = re.compile(rf"{CLOCK}-{CLOCK}")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_OF_A_DAY = 24 * 60
SHORTEST = 30


def refuse_backup_window(window: str | None) -> None:
    """Refuse a malformed or short window; moto accepts any length."""
    if window is None:
        return
    match = DAILY.fullmatch(window)
    if match is None:
        raise InvalidParameterValue(
            f"Invalid backup window format: {window}. Should be specified as a range "
            "hh24:mi-hh24:mi (24H Clock UTC). Example: 23:45-00:15"
        )
    begin, end = (int(match[at]) * 60 + int(match[at + 1]) for at in (1, 3))
    if (end - begin) % MINUTES_OF_A_DAY < SHORTEST:
        raise InvalidParameterValue("The backup window must be at least 30 minutes.")


def next_start(window: str, after: datetime) -> datetime:
    """Return the first start of the maintenance window `ddd:hh:mm-ddd:hh:mm` after a time."""
    day, hours, minutes = window.split("-", maxsplit=1)[0].split(":")
    midnight = after.replace(hour=0, minute=0, second=0, microsecond=0)
    ahead = (DAYS.index(day) - after.weekday()) % 7
    start = midnight + timedelta(days=ahead, hours=int(hours), minutes=int(minutes))
    return start if start > after else start + timedelta(days=7)
