"""Each test has an emulated account of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

import staging_fixtures
from missing import pytest_terminal_summary  # noqa: F401 - a hook
from pulumi_moto.environment import WITHOUT_IMAGES
from shared import (  # noqa: F401 - fixtures
    aws_configuration,
    one_private_key,
    shared_clients,
    shared_service_models,
)

os.environ.update(WITHOUT_IMAGES)


@pytest.fixture
def staging() -> Iterator[staging_fixtures.Staging]:
    with staging_fixtures.staging() as made:
        yield made


@pytest.fixture
def gone() -> Callable[[], int]:
    """Return the id of a process that has exited."""

    def end_one() -> int:
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        return ended.pid

    return end_one
