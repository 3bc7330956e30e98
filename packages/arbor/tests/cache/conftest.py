"""Production's cache in the emulated account, and a real Redis at the end of the way to it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import redis_world
from arbor.account import Account
from cache_account import cache_account
from ecs_world import client
from operations_world import BACKEND, CLUSTER, World


@pytest.fixture(scope="session")
def server() -> Iterator[redis_world.Server]:
    with redis_world.server() as made:
        yield made


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The usual AWS configuration of an operator, and no way in."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with cache_account():
        yield


@pytest.fixture
def asked(account: None, server: redis_world.Server, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The same with an empty Redis; gives the ports on which the way was asked to listen."""
    assert account is None
    ports: list[int] = []

    @contextmanager
    def way(_: Account, _host: str, port: int, *, local_port: int = 0) -> Iterator[int]:
        assert port == 6379
        ports.append(local_port)
        yield server.port

    monkeypatch.setenv("SSL_CERT_FILE", str(server.ca))
    monkeypatch.setattr("arbor.cache.session.tunnel", way)
    monkeypatch.setattr("arbor.cache.redis_cli.tunnel", way)
    server.fill()
    return ports


@pytest.fixture
def entered(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Staging, whose backend's tasks can be entered."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    client("ecs").update_service(
        cluster=CLUSTER, service=BACKEND, enableExecuteCommand=True, forceNewDeployment=True
    )
    world.finish()
    return world
