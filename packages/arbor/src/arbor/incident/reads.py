"""Responses of AWS that several parts of a snapshot need, each requested once."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from arbor.account import Account
from arbor.ecs import services as ecs_services
from arbor_names import naming

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ServiceTypeDef
    from mypy_boto3_elasticache.type_defs import ReplicationGroupTypeDef
    from mypy_boto3_elbv2.type_defs import RuleTypeDef
    from mypy_boto3_resourcegroupstaggingapi.type_defs import ResourceTagMappingTypeDef

T = TypeVar("T")
CERTIFICATE, TARGET_GROUP = "acm:certificate", "elasticloadbalancing:targetgroup"


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
    cache: "Once[ReplicationGroupTypeDef]"
    """The replication group."""
    tagged: "Once[list[ResourceTagMappingTypeDef]]"
    """Certificates and target groups with the stack's tags."""

    def apps(self) -> list[str]:
        """The stack's services in release order, and at the end those without an ECS service.

        Infrastructure tags the target groups of each service, so that a service which was deleted
        is still part of the stack.
        """
        found = list(self.services.get())
        return [*found, *sorted(self._tagged_apps() - set(found))]

    def _tagged_apps(self) -> set[str]:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

        try:
            tagged = self.tagged.get()
        except (BotoCoreError, ClientError):
            return set()  # the check of the certificate has the reason
        return {
            tag["Value"]
            for one in tagged
            if _resource_type(one["ResourceARN"]) == TARGET_GROUP
            for tag in one["Tags"]
            if tag["Key"] == "Component"
        }

    def certificates(self) -> list[str]:
        """ARNs."""
        arns = (one["ResourceARN"] for one in self.tagged.get())
        return [arn for arn in arns if _resource_type(arn) == CERTIFICATE]


def shared_reads(account: Account) -> SharedReads:
    """The reads of an account; none is made yet."""
    services = Once(call=lambda: ecs_services.described(account))
    return SharedReads(
        account=account,
        services=services,
        rules=Once(call=lambda: _rules(account, services.get())),
        cache=Once(call=lambda: _cache(account)),
        tagged=Once(call=lambda: _tagged(account)),
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


def _cache(account: Account) -> "ReplicationGroupTypeDef":
    name = naming.cache_replication_group(account.stack)
    (found,) = account.client("elasticache").describe_replication_groups(ReplicationGroupId=name)[
        "ReplicationGroups"
    ]
    return found


def _tagged(account: Account) -> "list[ResourceTagMappingTypeDef]":
    found = account.client("resourcegroupstaggingapi").get_resources(
        TagFilters=[
            {"Key": "Project", "Values": [naming.PROJECT]},
            {"Key": "Stack", "Values": [account.stack]},
        ],
        ResourceTypeFilters=[CERTIFICATE, TARGET_GROUP],
    )
    return found["ResourceTagMappingList"]


def _resource_type(arn: str) -> str:
    """`service:type`, such as `acm:certificate`."""
    _, _, service, _, _, resource = arn.split(":", 5)
    return f"{service}:{resource.split('/')[0]}"
