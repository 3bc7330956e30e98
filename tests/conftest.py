"""What many tests share, because making it takes a while: service models and deployed stacks."""

import os
from collections.abc import Iterator
from typing import Any

# Imported early: an `up` that fails leaves a coroutine to the garbage collector, and Python 3.11
# breaks when that is collected while it parses a module.
import hypothesis
import pytest
from botocore import loaders

from engine_stack import Deployed, deployed
from pulumi_moto.environment import WITHOUT_IMAGES

os.environ.update(WITHOUT_IMAGES)
hypothesis.settings.register_profile("untimed", deadline=None)  # machines are of any speed
hypothesis.settings.load_profile("untimed")


@pytest.fixture(autouse=True, scope="session")
def _one_reader_of_service_models() -> Iterator[None]:
    """A session reads the models of its services from JSON, which takes longer than most tests."""
    reader = loaders.create_loader()
    places = list(reader.search_paths)

    def read(*_: Any) -> loaders.Loader:
        reader.search_paths[:] = places  # to which each session adds its own
        return reader

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", read)
        yield


@pytest.fixture(scope="session")
def pristine_production() -> Iterator[Deployed]:
    """Production as the engine leaves it. Nobody changes it; tests change copies."""
    with deployed("production") as stack:
        stack.up()
        yield stack


@pytest.fixture(scope="session")
def pristine_staging() -> Iterator[Deployed]:
    """Staging as the engine leaves it. Nobody changes it; tests change copies."""
    with deployed("staging") as stack:
        stack.up()
        yield stack
