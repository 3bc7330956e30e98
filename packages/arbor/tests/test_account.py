"""Account, region and time-outs of the AWS clients."""

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
def test_the_region_is_the_aws_clis(
    monkeypatch: pytest.MonkeyPatch, region: str, default: str, used: str
) -> None:
    for name, value in (("AWS_REGION", region), ("AWS_DEFAULT_REGION", default)):
        monkeypatch.delenv(name, raising=False)
        if value:
            monkeypatch.setenv(name, value)
    assert connect("staging").client("sts").meta.region_name == used


def test_reading_commands_report_unreadable_parts_sooner() -> None:
    looks = connect("staging", quick=True).client("sts").meta.config
    works = connect("staging").client("sts").meta.config
    assert looks.retries["total_max_attempts"] < works.retries["total_max_attempts"]
    assert works.retries["total_max_attempts"] >= ATTEMPTS
    assert looks.read_timeout < works.read_timeout


def test_a_client_has_its_exceptions_before_two_threads_use_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise each thread gets its own classes and can't catch the other's error."""
    client = connect("staging").client("elasticache")
    monkeypatch.setattr(
        type(client), "_load_exceptions", lambda _: pytest.fail("loaded at its use")
    )
    assert issubclass(client.exceptions.ReplicationGroupNotFoundFault, Exception)
