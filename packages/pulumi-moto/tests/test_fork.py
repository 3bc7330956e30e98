"""A fork of the account has its own state and its own end."""

import socket
import time
import urllib.error
from collections.abc import Iterator

import pytest

from account_process import account_process, control, copy_of
from pulumi_moto import remote

GONE = (urllib.error.URLError, ConnectionError)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with account_process() as environment:
        yield environment["AWS_ENDPOINT_URL"]


def clusters(endpoint: str) -> list[str]:
    ecs = remote.clients(endpoint, "us-east-1")("ecs")
    return [arn.rsplit("/", 1)[-1] for arn in ecs.list_clusters()["clusterArns"]]


def make(endpoint: str, name: str) -> None:
    remote.clients(endpoint, "us-east-1")("ecs").create_cluster(clusterName=name)


def test_a_copy_has_the_earlier_state_and_its_own_changes(endpoint: str) -> None:
    make(endpoint, "before")
    copy = copy_of(endpoint)
    make(endpoint, "there")
    make(copy, "here")
    assert clusters(copy) == ["before", "here"]
    assert clusters(endpoint) == ["before", "there"]


def test_a_copy_has_its_own_clock(endpoint: str) -> None:
    copy = copy_of(endpoint)
    control(copy, "clock", advance=3600)
    assert control(copy, "clock")["now"] >= 3600 > control(endpoint, "clock")["now"]


def test_a_provider_is_attached_in_the_first_account_only(endpoint: str) -> None:
    copy = copy_of(endpoint)
    port = int(copy.rsplit(":", 1)[1])
    provider = int(control(endpoint, "attach", port=port)["port"])
    with socket.create_connection(("127.0.0.1", provider), timeout=5):
        pass
    with pytest.raises(urllib.error.HTTPError, match="404"):
        control(copy, "attach", port=port)


def test_a_copy_can_be_copied_and_ends_with_its_origin(endpoint: str) -> None:
    copy = copy_of(endpoint)
    make(copy, "first")
    second = copy_of(copy)
    assert "first" in clusters(second)
    with pytest.raises(GONE):
        control(copy, "exit")
    with pytest.raises(GONE):
        ask_on(second)


def ask_on(endpoint: str) -> None:
    """Repeat a call until it fails, for 20 seconds at most."""
    for _ in range(100):
        control(endpoint, "clock")
        time.sleep(0.2)
