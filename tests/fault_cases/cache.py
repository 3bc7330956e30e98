"""The cache's commands that write, for the drill of their faults."""

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
    """One for all runs: starting it takes longer than they do."""
    kept = contextlib.ExitStack()
    atexit.register(kept.close)
    return kept.enter_context(redis_server.server())


def share_token(wire: Wire) -> None:
    """Let the secret have the token that the real Redis takes."""
    value = json.dumps({"password": redis_server.TOKEN})
    wire.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=value)


@contextmanager
def with_redis(wire: Wire) -> Iterator[None]:
    """The way leads to a real Redis, full where nothing has reached the account yet."""
    server, read = _redis(), group.read
    if not wire.effects:
        server.fill(plan=3, other=2)

    @contextmanager
    def way(_: Account, _host: str, _port: int) -> Iterator[int]:
        yield server.port

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(server.ca))
        patch.setattr("arbor.cache.session.tunnel", way)
        # Its certificate is for its own name, not for ElastiCache's.
        patch.setattr("arbor.cache.group.read", lambda account: _named(read(account)))
        yield


@contextmanager
def with_plugin(_: Wire) -> Iterator[None]:
    """The command in the task is done at once."""
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        plugin_stand_ins.install(Path(place), patch, f"print({warm.DONE!r})")
        yield


def warmed(wire: Wire) -> object:
    """Whether the command was run in a task, by the name of AWS's call."""
    return "ecs:ExecuteCommand" in [operation for operation, _ in wire.effects]


def snapshots(wire: Wire) -> object:
    """Which node is saved, and whether anything is still being made.

    One more where the first run had only not said that it was done: it has what was asked for.
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
        around=with_redis,
    ),
    Case(
        words=("cache", "flush", "--confirm", "production"),
        prepare=share_token,
        state=lambda _: sorted(_redis().keys()),
        around=with_redis,
    ),
    Case(words=("cache", "warm"), state=warmed, around=with_plugin),
)
