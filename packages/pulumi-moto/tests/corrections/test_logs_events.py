"""FilterLogEvents: in order of time, from either end, page by page."""

import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from pulumi_moto.row import Client

GROUP = "/ecs/backend"
NOW = int(time.time() * 1000)


@pytest.fixture
def logs() -> Client:
    """Two streams whose lines take turns."""
    client = boto3.client("logs")
    client.create_log_group(logGroupName=GROUP)
    for turn, stream in enumerate(("web/1", "jobs/1")):
        client.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        put(client, stream, *range(turn, 6, 2))
    return client


def put(client: Client, stream: str, *numbers: int) -> None:
    events = [{"timestamp": NOW + n, "message": str(n)} for n in numbers]
    client.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)


def pages(client: Client, **params: Any) -> Iterator[list[int]]:
    params = {"logGroupName": GROUP, "startTime": NOW, **params}
    while True:
        answer = client.filter_log_events(**params)
        yield [int(event["message"]) for event in answer["events"]]
        if "nextToken" not in answer:
            return
        params = {**params, "nextToken": answer["nextToken"]}
        params.pop("startFromHead", None)  # the token keeps the direction


def test_streams_are_interleaved_in_order_of_time(logs: Client) -> None:
    assert list(pages(logs)) == [[0, 1, 2, 3, 4, 5]]


@pytest.mark.parametrize(
    ("from_head", "found"), [(True, [[0, 1, 2, 3], [4, 5]]), (False, [[5, 4, 3, 2], [1, 0]])]
)
def test_pages_go_from_either_end(logs: Client, from_head: bool, found: list[list[int]]) -> None:
    assert list(pages(logs, limit=4, startFromHead=from_head)) == found


def test_new_events_do_not_shift_pages(logs: Client) -> None:
    going = pages(logs, limit=4, startFromHead=False)
    assert next(going) == [5, 4, 3, 2]
    put(logs, "web/1", 7)
    assert next(going) == [1, 0]


def test_streams_are_selected_by_the_prefix_of_their_name(logs: Client) -> None:
    assert list(pages(logs, logStreamNamePrefix="jobs/")) == [[1, 3, 5]]


@pytest.mark.parametrize(
    "params",
    [
        {"startFromHead": False, "startTime": 1_704_067_199_999},
        {"nextToken": "somebody's"},
        {"limit": 10_001},
    ],
)
def test_invalid_values_are_refused(logs: Client, params: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match=r"InvalidParameter|less than or equal"):
        next(pages(logs, **params))
