"""Each test has an account of its own, and the usual AWS configuration of an operator."""

from collections.abc import Iterator

import pytest

import log_fixtures


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("arbor.logs.since.now", lambda: log_fixtures.NOW)
    with log_fixtures.staging():
        yield
