"""Every promise of a procedure is tried in an account of its own."""

from collections.abc import Iterator

import pytest

import operations_world


@pytest.fixture
def world() -> Iterator[operations_world.World]:
    with operations_world.world() as made:
        yield made
