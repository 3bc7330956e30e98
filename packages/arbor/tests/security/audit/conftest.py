"""Audits of an account without findings, which each test then changes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import audit_fixtures
import staging_fixtures
from arbor.__main__ import app

Audit = Callable[..., Result]


@pytest.fixture
def groups() -> Iterator[dict[str, str]]:
    """Ids of security groups by name."""
    with staging_fixtures.staging() as made:
        yield audit_fixtures.tidy(made)


@pytest.fixture
def audit(groups: dict[str, str]) -> Audit:
    assert groups

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["audit", *words, "--stack", staging_fixtures.STACK])

    return run


@pytest.fixture
def failed() -> Callable[[dict[str, Any]], list[dict[str, Any]]]:
    """The failed checks of a JSON document."""
    return lambda answer: [check for check in answer["checks"] if check["status"] == "NG"]
