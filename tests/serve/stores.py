"""PostgreSQL and Redis with the account's own logins, at the account's endpoints."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import postgres_server
import redis_server
from certificate_authority import Authority
from serve.relay import Relay
from serve.session_manager_plugin import WAYS
from serve.switches import Store

if TYPE_CHECKING:
    from serve.found import Logins

HERE = "localhost"
"""The host of a store for the application's processes; both certificates contain it."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """The endpoint of a store in the account."""

    host: str
    port: int


@dataclass(frozen=True, kw_only=True)
class StoreSettings:
    """Both stores in the account."""

    database: Endpoint
    name: str
    """The database's name."""
    connections: int
    """All connections of the instance's class."""
    cache: Endpoint
    replicas: int


@dataclass(kw_only=True)
class Stores:
    """One database and one cache; they stay when their instance is replaced or restored."""

    database: postgres_server.Server
    cache: redis_server.Server
    replicas: list[redis_server.Server]
    """The cache's password."""
    relays: Mapping[Store, Relay]
    ports: Mapping[tuple[str, int], int]
    """Local relays, by the account's endpoint."""
    _followed: "Logins"

    def cut_off(self, without: tuple[Store, ...]) -> None:
        """Make these unreachable, and the others reachable."""
        for store, relay in self.relays.items():
            relay.set_open(is_open=store not in without)

    def follow(self, logins: "Logins") -> None:
        """Set the account's current master password and tokens."""
        if logins == self._followed:
            return
        password = logins.password.replace("'", "''")
        postgres_server.as_superuser(
            self.database, f"ALTER ROLE {logins.user} PASSWORD '{password}'"
        )
        self.database = replace(self.database, password=logins.password)
        for node in (self.cache, *self.replicas):
            with node.client() as client:
                tokens = (f">{token}" for token in logins.tokens)
                client.execute_command("ACL", "SETUSER", "default", "resetpass", *tokens)
                client.config_set("masterauth", logins.tokens[0])
        self.cache = replace(self.cache, token=logins.tokens[0])
        self.replicas = [replace(one, token=logins.tokens[0]) for one in self.replicas]
        self._followed = logins


@contextmanager
def stores(
    *, authority: Authority, place: Path, settings: StoreSettings, logins: "Logins"
) -> Iterator[Stores]:
    """Start both; writes the file in which the plugin finds them."""
    here, cache_here = settings.database, settings.cache
    with (
        ExitStack() as kept,
        postgres_server.server(
            *(here.host, HERE),
            signed_by=authority,
            user=logins.user,
            password=logins.password,
            database=settings.name,
            connections=settings.connections,
        ) as postgres,
        redis_server.server(
            cache_here.host, HERE, signed_by=authority, token=logins.tokens[0]
        ) as redis,
    ):
        authority.issue(place, cache_here.host, HERE)
        replicas = [
            kept.enter_context(redis_server.replica(redis, place)) for _ in range(settings.replicas)
        ]
        relays: dict[Store, Relay] = {
            Store.DATABASE: Relay(postgres.port),
            Store.CACHE: Relay(redis.port),
        }
        ports = {
            (here.host, here.port): relays[Store.DATABASE].port,
            (cache_here.host, cache_here.port): relays[Store.CACHE].port,
        }
        ways = {f"{host}:{port}": local for (host, port), local in ports.items()}
        (place / WAYS).write_text(json.dumps(ways))
        try:
            yield Stores(
                database=postgres,
                cache=redis,
                replicas=replicas,
                relays=relays,
                ports=ports,
                _followed=logins,
            )
        finally:
            for relay in relays.values():
                relay.close()
