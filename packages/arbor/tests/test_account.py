"""Which account and region a command works in, and how long it waits for them."""

import pytest

from arbor.account import ATTEMPTS, connect


@pytest.mark.parametrize(
    ("region", "default", "used"),
    [
        ("eu-west-1", "us-east-1", "eu-west-1"),
        ("eu-west-1", "", "eu-west-1"),
        ("", "us-east-1", "us-east-1"),
    ],
)
def test_the_region_is_the_one_that_the_aws_cli_would_take(
    monkeypatch: pytest.MonkeyPatch, region: str, default: str, used: str
) -> None:
    for name, value in (("AWS_REGION", region), ("AWS_DEFAULT_REGION", default)):
        monkeypatch.delenv(name, raising=False)
        if value:
            monkeypatch.setenv(name, value)
    assert connect("staging").client("sts").meta.region_name == used


def test_who_only_looks_is_told_sooner_what_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    looks = connect("staging", quick=True).client("sts").meta.config
    works = connect("staging").client("sts").meta.config
    assert looks.retries["total_max_attempts"] < works.retries["total_max_attempts"]
    assert works.retries["total_max_attempts"] >= ATTEMPTS
    assert looks.read_timeout < works.read_timeout


def test_a_client_has_its_exceptions_before_two_threads_ask_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each thread would catch a class of its own, and the other's error would go through."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = connect("staging").client("elasticache")
    monkeypatch.setattr(
        type(client), "_load_exceptions", lambda _: pytest.fail("loaded when it was asked for")
    )
    assert issubclass(client.exceptions.ReplicationGroupNotFoundFault, Exception)
