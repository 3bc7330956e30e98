"""Answers that several parts of a look need: each is asked for once, by whoever needs it first."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import naming
from operations.account import APPS, Account
from operations.procedure import Refused

T = TypeVar("T")
Described = dict[str, dict[str, Any]]
"""The services that there are, by application, as ECS describes them."""


@dataclass(kw_only=True)
class Once(Generic[T]):
    """A call that is made when it is first asked for; everybody gets its answer, or its error."""

    call: Callable[[], T]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _made: list[T] = field(default_factory=list)
    _error: Exception | None = None

    def get(self) -> T:
        with self._lock:
            if self._error is not None:
                raise self._error
            if not self._made:
                try:
                    self._made.append(self.call())
                except Exception as error:
                    self._error = error
                    raise
            return self._made[0]


@dataclass(frozen=True, kw_only=True)
class Shared:
    """The two that tell the others where to look."""

    account: Account
    services: Once[Described]
    cache: Once[dict[str, Any]]


def share(account: Account) -> Shared:
    """Of an account; nothing is asked yet."""
    return Shared(
        account=account,
        services=Once(call=lambda: _services(account)),
        cache=Once(call=lambda: _cache(account)),
    )


def _services(account: Account) -> Described:
    """Raises Refused where there is no such cluster: this is another account, or region."""
    ecs = account.client("ecs")
    names = {naming.service(account.stack, app): app for app in APPS}
    try:
        found = ecs.describe_services(cluster=account.cluster, services=list(names))["services"]
    except ecs.exceptions.ClusterNotFoundException:
        raise Refused(
            f"There is no cluster {account.cluster} in this account and region: is {account.stack} "
            "the right stack, and are these its account and region?"
        ) from None
    active = [service for service in found if service["status"] == "ACTIVE"]
    return {names[service["serviceName"]]: service for service in active}


def _cache(account: Account) -> dict[str, Any]:
    name = naming.cache_replication_group(account.stack)
    (found,) = account.client("elasticache").describe_replication_groups(ReplicationGroupId=name)[
        "ReplicationGroups"
    ]
    return dict(found)
