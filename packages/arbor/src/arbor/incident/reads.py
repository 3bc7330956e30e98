"""Responses of AWS that several parts of a snapshot need, each requested once."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from arbor.account import Account, both
from arbor.cache import group as cache_group
from arbor.ecs import services as ecs_services

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ServiceTypeDef
    from mypy_boto3_elasticache.type_defs import ReplicationGroupTypeDef
    from mypy_boto3_elbv2.type_defs import RuleTypeDef

T = TypeVar("T")


@dataclass(kw_only=True)
class Once(Generic[T]):
    """A call that is made at the first `get`; each `get` has its result, or its error."""

    call: Callable[[], T]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _results: list[T] = field(default_factory=list)
    _error: Exception | None = None

    def get(self) -> T:
        with self._lock:
            if self._error is not None:
                raise self._error
            if not self._results:
                try:
                    self._results.append(self.call())
                except Exception as error:
                    self._error = error
                    raise
            return self._results[0]


@dataclass(frozen=True, kw_only=True)
class SharedReads:
    """What the parts of a snapshot share."""

    account: Account
    services: "Once[dict[str, ServiceTypeDef]]"
    """The stack's ECS services by application, in release order."""
    rules: "Once[dict[str, RuleTypeDef]]"
    """The production rule of each service."""
    cache: "Once[ReplicationGroupTypeDef | None]"
    """The replication group; None if it doesn't exist."""
    with_target_groups: Once[set[str]]
    """The applications for which infrastructure created target groups."""

    def apps(self) -> list[str]:
        """The stack's services in release order, and at the end those without an ECS service.

        A service that was deleted still has its target groups, and is part of the stack.
        """
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

        try:
            found, expected = both(self.services.get, self.with_target_groups.get)
        except (BotoCoreError, ClientError):
            found, expected = self.services.get(), set()  # the check of the services has the reason
        return [*found, *sorted(expected - set(found))]


def shared_reads(account: Account) -> SharedReads:
    """The reads of an account; none is made yet."""
    services = Once(call=lambda: ecs_services.described(account))
    return SharedReads(
        account=account,
        services=services,
        rules=Once(call=lambda: _rules(account, services.get())),
        cache=Once(call=lambda: cache_group.find(account)),
        with_target_groups=Once(call=lambda: ecs_services.with_target_groups(account)),
    )


def production_rule(service: "ServiceTypeDef") -> str:
    """Its ARN."""
    return service["loadBalancers"][0]["advancedConfiguration"]["productionListenerRule"]


def _rules(account: Account, services: "dict[str, ServiceTypeDef]") -> "dict[str, RuleTypeDef]":
    arns = {production_rule(service): app for app, service in services.items()}
    if not arns:
        return {}
    found = account.client("elbv2").describe_rules(RuleArns=list(arns))["Rules"]
    return {arns[rule["RuleArn"]]: rule for rule in found}
