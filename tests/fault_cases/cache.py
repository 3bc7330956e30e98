"""The cache's commands that write, for the fault drill."""

import atexit
import contextlib
import functools
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import plugin_stand_ins
import redis_server
from arbor.account import Account
from arbor.cache import group, warm
from arbor.cache.group import Group
from fault_wire import Wire
from faults import Case

SECRET, OURS = "arbor/production/redis", "arbor-redis-manual-"


def _named(found: Group) -> Group:
    return replace(found, host=redis_server.HOST)


@functools.cache
def _redis() -> redis_server.Server:
    """One server for all runs, because its start takes longer than they do."""
    kept = contextlib.ExitStack()
    atexit.register(kept.close)
    return kept.enter_context(redis_server.server())


def share_token(wire: Wire) -> None:
    """Set the secret's token to that of the real Redis."""
    value = json.dumps({"password": redis_server.TOKEN})
    wire.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=value)


@contextmanager
def with_redis(wire: Wire) -> Iterator[None]:
    """Connect to a real Redis, full while no call has reached the account."""
    server, read = _redis(), group.read
    if not wire.effects:
        server.fill(plan=3, other=2)

    @contextmanager
    def way(_: Account, _host: str, _port: int) -> Iterator[int]:
        yield server.port

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(server.ca))
        patch.setattr("arbor.cache.session.tunnel", way)
        # Its certificate has its own name instead of ElastiCache's.
        patch.setattr("arbor.cache.group.read", lambda account: _named(read(account)))
        yield


@contextmanager
def with_plugin(_: Wire) -> Iterator[None]:
    """The command in the task ends at once."""
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        plugin_stand_ins.install(Path(place), patch, f"print({warm.DONE!r})")
        yield


def warmed(wire: Wire) -> object:
    """Whether the command ran in a task, by the name of AWS's call."""
    return "ecs:ExecuteCommand" in [operation for operation, _ in wire.effects]


def snapshots(wire: Wire) -> object:
    """The saved node, and whether a snapshot is in progress.

    A second one exists if the first run completed it but did not report success.
    """
    found = wire.client("elasticache").describe_snapshots()["Snapshots"]
    ours = [one for one in found if one["SnapshotName"].startswith(OURS)]
    return {(one["CacheClusterId"], one["SnapshotStatus"]) for one in ours}


CASES = (
    Case(words=("cache", "snapshot"), state=snapshots),
    Case(
        words=("cache", "clear", "plans:*"),
        prepare=share_token,
        state=lambda _: sorted(_redis().keys()),
        surroundings=with_redis,
    ),
    Case(
        words=("cache", "flush", "--confirm", "production"),
        prepare=share_token,
        state=lambda _: sorted(_redis().keys()),
        surroundings=with_redis,
    ),
    Case(words=("cache", "warm"), state=warmed, surroundings=with_plugin),
)
