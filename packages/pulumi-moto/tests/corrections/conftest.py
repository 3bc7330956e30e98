"""Every correction is tried in an empty account of its own, with all of them applied."""

from collections.abc import Iterator

import pytest

from emulated_account import emulated


@pytest.fixture(autouse=True)
def account() -> Iterator[None]:
    with emulated():
        yield
