"""ElastiCache: refused snapshot and maintenance windows."""

import re

from moto.elasticache.exceptions import InvalidParameterValueException

CLOCK = r"([01]\d|2[0-3]):([0-5]\d)"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = "|".join(DAYS)
DAILY = re.compile(rf"{CLOCK}-{CLOCK}")
WEEKLY = re.compile(rf"({DAY}):{CLOCK}-({DAY}):{CLOCK}")
A_DAY = 24 * 60
SHORTEST = 60


def _minutes(hours: str, minutes: str, day: str = DAYS[0]) -> int:
    return DAYS.index(day) * A_DAY + int(hours) * 60 + int(minutes)


def _snapshots(window: str) -> range:
    """Minutes of the day."""
    match = DAILY.fullmatch(window)
    if match is None:
        raise InvalidParameterValueException(
            f"Invalid snapshot window format: {window}. Should be specified as a range "
            "hh24:mi-hh24:mi (24H Clock UTC). Example: 05:00-09:00"
        )
    begin, end = _minutes(match[1], match[2]), _minutes(match[3], match[4])
    length = (end - begin) % A_DAY
    if length < SHORTEST:
        raise InvalidParameterValueException("Snapshot window must be at least 60 minutes.")
    return range(begin, begin + length)


def _maintenance(window: str) -> range:
    """Minutes of the week."""
    match = WEEKLY.fullmatch(window.lower())
    if match is None:
        raise InvalidParameterValueException(
            f"Invalid maintenance window format: {window}. Should be specified as a range "
            "ddd:hh24:mi-ddd:hh24:mi (24H Clock UTC). Example: sun:23:00-mon:01:30"
        )
    begin, end = _minutes(match[2], match[3], match[1]), _minutes(match[5], match[6], match[4])
    length = (end - begin) % (7 * A_DAY)
    if length < SHORTEST:
        raise InvalidParameterValueException("Maintenance window must be at least 60 minutes.")
    return range(begin, begin + length)


def refuse_windows(snapshots: str | None, maintenance: str | None) -> None:
    """Refuse malformed or overlapping windows; a missing one never overlaps."""
    daily = _snapshots(snapshots) if snapshots else None
    weekly = _maintenance(maintenance) if maintenance else None
    if daily is None or weekly is None:
        return
    for day in range(-1, 8):
        begin, end = daily.start + day * A_DAY, daily.stop + day * A_DAY
        if max(begin, weekly.start) < min(end, weekly.stop):
            raise InvalidParameterValueException(
                "The snapshot window and maintenance window must not overlap."
            )
