"""What all tests of the emulated account have in common: what would be made anew for each."""

import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from botocore import loaders

from emulator.moto_environment import WITHOUT_IMAGES

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
