"""CloudWatch Logs: a group's events in order of time, ascending or descending.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
"""

import json
import re

from moto.logs.exceptions import InvalidParameterException
from moto.logs.responses import LogsResponse

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.shapes import Members

MOST = 10_000
BACKWARDS_SINCE = 1_704_067_200_000
"""2024-01-01: the earliest startTime of a descending search."""


@corrects(
    LogsResponse,
    call="logs.filter_log_events (order)",
    moto="returns one stream after another without `interleaved`; ignores startFromHead",
    aws="always orders by time, newest first if startFromHead is false; a token keeps the order",
)
def filter_log_events(_original: Replacement, self: LogsResponse) -> str:
    limit, token = self._get_param("limit") or MOST, self._get_param("nextToken")
    if limit > MOST:
        raise InvalidParameterException(
            constraint=f"Member must have value less than or equal to {MOST}",
            parameter="limit",
            value=limit,
        )
    forwards = self._get_param("startFromHead", True)  # noqa: FBT003 - moto's default argument
    start, after = self._get_param("startTime") or 0, None
    if token:
        forwards, after = _read(token)
    if not forwards and start < BACKWARDS_SINCE:
        raise InvalidParameterException(
            "startFromHead can be false only with a startTime of 2024 or later."
        )
    found = sorted(_all(self, start), key=_order, reverse=not forwards)
    if after is not None:
        found = [one for one in found if (_order(one) > after) is forwards and _order(one) != after]
    answer: Members = {"events": found[:limit], "searchedLogStreams": []}
    if len(found) > limit:
        time, number = _order(found[limit - 1])
        answer["nextToken"] = f"{'f' if forwards else 'b'}/{time}/{number}"
    return json.dumps(answer)


def _order(event: Members) -> tuple[int, int]:
    """Order by time, then by arrival within a millisecond: moto numbers the ids."""
    return event["timestamp"], int(event["eventId"])


def _all(response: LogsResponse, start: int) -> list[Members]:
    """Return all events: this module makes the pages."""
    found: list[Members] = []
    token = None
    while True:
        page, token, _ = response.logs_backend.filter_log_events(
            response._get_param("logGroupName"),
            response._get_param("logStreamNames", []),
            start,
            response._get_param("endTime"),
            MOST,
            token,
            response._get_param("filterPattern"),
            True,  # noqa: FBT003 - by position, as moto passes it
        )
        found += page
        if token is None:
            break
    prefix = response._get_param("logStreamNamePrefix") or ""
    return [event for event in found if event["logStreamName"].startswith(prefix)]


def _read(token: str) -> tuple[bool, tuple[int, int]]:
    found = re.fullmatch(r"([fb])/(\d+)/(\d+)", token)
    if found is None:
        raise InvalidParameterException("The specified nextToken is invalid.")
    return found[1] == "f", (int(found[2]), int(found[3]))
