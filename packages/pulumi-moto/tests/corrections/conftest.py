"""Every correction is tried in an empty account of its own, with all of them applied."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from pulumi_moto import correction, corrections
from pulumi_moto.clock import CLOCK


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert corrections  # imported for what it registers
    correction.apply()
    CLOCK.set_speed(0)
    with mock_aws():
        yield
