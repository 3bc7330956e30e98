"""One deployed stack of each kind for all engine tests: bringing one up takes a while."""

from collections.abc import Iterator

import pytest

from engine_stack import Deployed, deployed


@pytest.fixture(scope="session")
def production() -> Iterator[Deployed]:
    """Production, up. A test that changes it must change it back."""
    with deployed("production") as stack:
        stack.up()
        yield stack


@pytest.fixture(scope="session")
def staging() -> Iterator[Deployed]:
    """Staging, up. A test that changes it must change it back."""
    with deployed("staging") as stack:
        stack.up()
        yield stack
