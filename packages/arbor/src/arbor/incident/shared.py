"""Answers that several parts of a look need: each is asked for once, by whoever needs it first."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from arbor.account import Account
from arbor.ecs import services as ecs_services
from arbor.procedure import Failed
from arbor_names import naming

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
    """Those that tell the others where to look."""

    account: Account
    services: Once[Described]
    rules: Once[dict[str, dict[str, Any]]]
    """The production rule of each application."""
    cache: Once[dict[str, Any]]


def share(account: Account) -> Shared:
    """Of an account; nothing is asked yet."""
    services = Once(call=lambda: ecs_services.described(account))
    return Shared(
        account=account,
        services=services,
        rules=Once(call=lambda: _rules(account, services.get())),
        cache=Once(call=lambda: _cache(account)),
    )


def production_rule(service: dict[str, Any]) -> str:
    """Its ARN."""
    return str(service["loadBalancers"][0]["advancedConfiguration"]["productionListenerRule"])


def host(rule: dict[str, Any]) -> str:
    """The domain that a rule answers under; raises Failed where it names none."""
    for condition in rule["Conditions"]:
        if condition["Field"] == "host-header":
            return str(condition.get("HostHeaderConfig", condition)["Values"][0])
    raise Failed("the production rule names no host; `pulumi up` puts it back")


def _rules(account: Account, services: Described) -> dict[str, dict[str, Any]]:
    arns = {production_rule(service): app for app, service in services.items()}
    if not arns:
        return {}
    found = account.client("elbv2").describe_rules(RuleArns=list(arns))["Rules"]
    return {arns[rule["RuleArn"]]: rule for rule in found}


def _cache(account: Account) -> dict[str, Any]:
    name = naming.cache_replication_group(account.stack)
    (found,) = account.client("elasticache").describe_replication_groups(ReplicationGroupId=name)[
        "ReplicationGroups"
    ]
    return dict(found)
