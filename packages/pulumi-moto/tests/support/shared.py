"""What all tests of a run share, because making it takes longer than most tests."""

import functools
import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore import loaders
from moto.kms.utils import generate_private_key

from emulated_account import configure


@pytest.fixture(autouse=True, scope="session")
def shared_service_models() -> Iterator[None]:
    """Give each new session one loader with its cache: parsing a service's model takes 100 ms."""
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


@pytest.fixture(autouse=True, scope="session")
def one_private_key() -> Iterator[None]:
    """Let moto's KMS keys share a private key: each takes 75 ms, and only signing uses it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("moto.kms.models.generate_private_key", functools.cache(generate_private_key))
        yield


@pytest.fixture(autouse=True)
def aws_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set AWS's variables in each test, as an operator's shell has them."""
    configure(monkeypatch)
