"""Times as an operator types them for `--until`: `18:00` (UTC), `2h`, `90m`."""

import re
from datetime import datetime, timedelta

from arbor import times
from arbor.procedure import Refused

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
SOONEST = timedelta(minutes=5)
"""Tasks need minutes to start."""
LATEST = timedelta(days=7)
"""A longer change belongs in config."""


def parse(text: str, now: datetime) -> datetime:
    """The next occurrence of a time of day, or a length from `now`, which is in UTC.

    Raises Refused.
    """
    if match := _CLOCK.fullmatch(text):
        due = now.replace(hour=int(match[1]), minute=int(match[2]), second=0, microsecond=0)
        return due if due - now >= SOONEST else due + timedelta(days=1)
    length = times.length(text)
    if length is not None and SOONEST <= length <= LATEST:
        return (now + length).replace(microsecond=0)
    raise Refused(
        f"--until {text} is not a time; allowed: the next 18:00 in UTC, or 5m to 7d from now, such "
        "as `90m`, `2h` or `1d`."
    )
