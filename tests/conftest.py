"""Shared fixtures that are slow to make: service models and deployed stacks."""

import os
from collections.abc import Iterator

# Imported early: an `up` that fails leaves a coroutine to the garbage collector, and Python 3.11
# breaks when that is collected while it parses a module.
import hypothesis
import pytest

from engine import pulumi_cli
from engine_stack import Deployed, deployed
from missing import pytest_terminal_summary  # noqa: F401 - a hook
from pulumi_moto.environment import WITHOUT_IMAGES
from shared import one_private_key, shared_service_models  # noqa: F401 - fixtures

os.environ.update(WITHOUT_IMAGES)
# The engine writes the whole state before and after each resource, half of its CPU time in a first
# `up`. Tests that kill it turn this off: engine_stack.checkpoints.
os.environ["PULUMI_SKIP_CHECKPOINTS"] = "true"
os.environ.setdefault("PULUMI_CLI_ROOT", str(pulumi_cli.cache_dir()))  # of the tests of pulumi-moto
hypothesis.settings.register_profile("untimed", deadline=None)  # the machines' speed varies
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session")
def pristine_production() -> Iterator[Deployed]:
    """Production as the engine deployed it. It is never changed; tests change copies."""
    with deployed("production") as stack:
        stack.up()
        yield stack


@pytest.fixture(scope="session")
def pristine_staging() -> Iterator[Deployed]:
    """Staging as the engine deployed it. It is never changed; tests change copies."""
    with deployed("staging") as stack:
        stack.up()
        yield stack
