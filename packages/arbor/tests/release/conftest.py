"""Fixtures of the release commands."""

import pytest


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual AWS configuration of an operator."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
