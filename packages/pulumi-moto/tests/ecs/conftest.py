"""Every promise of the emulated ECS is tried in an account of its own."""

from collections.abc import Iterator

import pytest

import ecs_world


@pytest.fixture
def world() -> Iterator[ecs_world.World]:
    with ecs_world.world() as made:
        yield made
