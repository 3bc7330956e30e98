"""The stand-in for the application with its own stores."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from application_process import Running, Stores, started, stores

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def on() -> Iterator[Stores]:
    """Empty PostgreSQL and Redis for the tests of one file."""
    with stores() as made:
        yield made


@pytest.fixture(scope="module")
def migrated(on: Stores) -> Stores:
    """The stores after migrations."""
    done = on.alembic("upgrade", "head")
    assert done.returncode == 0, done.stderr
    return on


@pytest.fixture(scope="module")
def customer(migrated: Stores) -> str:
    """A customer with twelve months of usage, in a database with five plans."""
    return migrated.seed(plans=5)


@pytest.fixture(scope="module")
def running(
    migrated: Stores, customer: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """The running stand-in with one worker, for the tests of one file."""
    assert customer
    directory: Path = tmp_path_factory.mktemp("application")
    with started(migrated, directory) as made:
        yield made
