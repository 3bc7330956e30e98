"""Each test has an account of its own, and the usual AWS configuration of an operator."""

from collections.abc import Iterator

import pytest

import logs_world


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setattr("arbor.logs.since.now", lambda: logs_world.NOW)
    with logs_world.world():
        yield
