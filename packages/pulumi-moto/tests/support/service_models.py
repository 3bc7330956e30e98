"""One reader of botocore's service models for all sessions of a test run.

A boto3 session parses the models of its services from JSON, which takes longer than most tests.
"""

import functools
import os
from collections.abc import Iterator
from typing import Any

import boto3
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


@pytest.fixture(autouse=True, scope="session")
def shared_clients() -> Iterator[None]:
    """Let `boto3.client` build one client per service and region: each takes 10 to 60 ms of CPU.

    moto answers by botocore's default handlers, so a client works in every later `mock_aws`.
    """
    make = boto3.client

    @functools.cache
    def built(service: str, region: str | None) -> Any:
        return make(service, region_name=region)

    def client(service: str, **options: Any) -> Any:
        if options.keys() - {"region_name"}:
            return make(service, **options)
        return built(service, options.get("region_name") or os.environ.get("AWS_DEFAULT_REGION"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("boto3.client", client)
        yield
