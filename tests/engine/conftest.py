"""One deployed stack of each kind for all engine tests: bringing one up takes a while."""

from collections.abc import Iterator

# An `up` that fails leaves a coroutine to the garbage collector, and Python 3.11 breaks when that
# is collected while it parses. Its plugin would first load hypothesis, and parse it, at the end.
import hypothesis  # noqa: F401 - see above
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
