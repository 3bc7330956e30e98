"""Fixtures and settings of all of the package's tests."""

import os

import pytest

from emulated_account import configure
from pulumi_moto.environment import WITHOUT_IMAGES
from shared import (  # noqa: F401 - fixtures
    one_private_key,
    shared_clients,
    shared_service_models,
)

os.environ.update(WITHOUT_IMAGES)


@pytest.fixture(autouse=True)
def aws_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set AWS's variables in each test."""
    configure(monkeypatch)
