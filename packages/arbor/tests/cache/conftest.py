"""Production's cache in the emulated account, and a real Redis at the end of the tunnel."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import redis_server
from arbor.account import Account
from cache_account import cache_account
from ecs_world import client
from staging_fixtures import BACKEND, CLUSTER, Staging


@pytest.fixture(scope="session")
def server() -> Iterator[redis_server.Server]:
    with redis_server.server() as made:
        yield made


@pytest.fixture
def account() -> Iterator[None]:
    """Production's cache and its secret, without a tunnel."""
    with cache_account():
        yield


@pytest.fixture
def tunnel_ports(
    account: None, server: redis_server.Server, monkeypatch: pytest.MonkeyPatch
) -> list[int]:
    """A tunnel to an empty Redis; returns the local ports that were requested."""
    assert account is None
    ports: list[int] = []

    @contextmanager
    def to_server(_: Account, _host: str, port: int, *, local_port: int = 0) -> Iterator[int]:
        assert port == 6379
        ports.append(local_port)
        yield server.port

    monkeypatch.setenv("SSL_CERT_FILE", str(server.ca))
    monkeypatch.setattr("arbor.cache.session.tunnel", to_server)
    monkeypatch.setattr("arbor.cache.redis_cli.tunnel", to_server)
    server.fill()
    return ports


@pytest.fixture
def backend_with_exec(staging: Staging) -> Staging:
    """Staging, with ECS Exec in the backend's tasks."""
    client("ecs").update_service(
        cluster=CLUSTER, service=BACKEND, enableExecuteCommand=True, forceNewDeployment=True
    )
    staging.finish()
    return staging
