"""The cache and the application beside the emulated account, for the faults of a rotation.

No API returns a token of ElastiCache or the values that a task read at its start, so both are read
from the calls that reached the account.
"""

import base64
import hmac
import json
import urllib.parse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from typing import Any

import pytest

from arbor.account import Account
from fault_wire import Wire
from rotation_fixtures import DEPLOY, PROMOTE, ended, with_rds
from rotation_fixtures import rotated as password_rotated

STACK = "production"
CACHE, APP, GROUP = "arbor/production/redis", "arbor/production/app", "arbor-production-redis"
MODIFY = "elasticache:ModifyReplicationGroup"


def value(wire: Wire, secret: str, stage: str = "AWSCURRENT") -> dict[str, Any]:
    """The value in a version of a secret."""
    manager = wire.client("secretsmanager")
    found = manager.get_secret_value(SecretId=secret, VersionStage=stage)["SecretString"]
    return dict(json.loads(found))


def tokens(wire: Wire) -> list[str]:
    """The valid tokens, newest first."""
    history = [[value(wire, CACHE, "arbor-initial")["password"]]]
    for operation, body in wire.effects:
        if operation == MODIFY:
            requested = urllib.parse.parse_qs(body.decode() if isinstance(body, bytes) else body)
            (token,), (strategy,) = requested["AuthToken"], requested["AuthTokenUpdateStrategy"]
            held = history[-1]
            after = [token] if strategy == "SET" else [token, *held[:1]]
            if held[0] != token or strategy == "SET":  # otherwise it is a retry
                history.append(after)
    (group,) = wire.client("elasticache").describe_replication_groups(ReplicationGroupId=GROUP)[
        "ReplicationGroups"
    ]
    waits = "AuthTokenStatus" in group.get("PendingModifiedValues", {})
    return history[-2] if waits else history[-1]


@contextmanager
def with_cache(wire: Wire) -> Iterator[None]:
    """The command logs in to the cache of the account's ElastiCache."""

    def accepts(_account: Account, token: str) -> bool:
        with wire.aside():
            return token in tokens(wire)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("arbor.security.commands.accepts", accepts)
        yield


@contextmanager
def with_application(wire: Wire) -> Iterator[None]:
    """The command calls tasks that have the SECRET_KEY from the time of their deployment."""

    def post(address: str, token: str) -> int:
        with wire.aside():
            order = [operation for operation, _ in wire.effects]
            given = DEPLOY in order and PROMOTE in order[: _last(order, DEPLOY)]
            key = value(wire, APP, "AWSCURRENT" if given else "arbor-initial")["SECRET_KEY"]
        return HTTPStatus.OK if is_signed(address, token, key) else HTTPStatus.UNAUTHORIZED

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("arbor.security.commands.post", post)
        yield


@contextmanager
def with_all(wire: Wire) -> Iterator[None]:
    """Database, cache and application."""
    with ExitStack() as kept:
        for surroundings in (with_rds, with_cache, with_application):
            kept.enter_context(surroundings(wire))
        yield


def _last(order: list[str], operation: str) -> int:
    return len(order) - 1 - order[::-1].index(operation)


def is_signed(address: str, token: str, key: str) -> bool:
    """The application's check of a token for its endpoint: signature and subject."""
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(address).query)
    signed, _, signature = token.rpartition(".")
    right = base64.urlsafe_b64encode(hmac.digest(key.encode(), signed.encode(), "sha256"))
    return query["authorization"] == [f"Bearer {token}"] and right.decode().rstrip("=") == signature


def token_rotated(wire: Wire) -> object:
    """Whether the secret's token is new and the only valid one."""
    current, first = value(wire, CACHE), value(wire, CACHE, "arbor-initial")
    return {
        **ended(wire, CACHE),
        "the cache takes the secret's alone": tokens(wire) == [current["password"]],
        "it is new": current["password"] != first["password"],
    }


def key_rotated(wire: Wire) -> object:
    """Whether the tasks have a new SECRET_KEY."""
    return {**ended(wire, APP), "it is new": value(wire, APP) != value(wire, APP, "arbor-initial")}


def all_rotated(wire: Wire) -> object:
    """Whether that is true for each."""
    return [password_rotated(wire), token_rotated(wire), key_rotated(wire)]
