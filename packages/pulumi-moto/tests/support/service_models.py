"""One reader of botocore's service models for all sessions of a test run.

A boto3 session parses the models of its services from JSON, which takes longer than most tests.
"""

from collections.abc import Iterator

import pytest
from botocore import loaders


@pytest.fixture(autouse=True, scope="session")
def shared_service_models() -> Iterator[None]:
    """Give each new session the same loader, with its cache."""
    loader = loaders.create_loader()
    paths = list(loader.search_paths)

    def shared(*_: object) -> loaders.Loader:
        loader.search_paths[:] = paths  # each session appends its own
        return loader

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", shared)
        yield
