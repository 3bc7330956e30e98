"""Changes that wait for the maintenance window of the database or the cache.

The program applies its changes at once, and RDS and ElastiCache then apply waiting ones as well
("the modifications in this request and any pending modifications",
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html and
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html,
ApplyImmediately). Maintenance that AWS schedules itself is no modification, and stays scheduled.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from arbor_names import naming

DATABASE = "aws:rds/instance:Instance"
CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
AT_ONCE = frozenset({"MasterUserPassword", "AuthTokenStatus"})
"""Settings that are pending only during their change, and wait for no window."""
ABSENT = frozenset({"DBInstanceNotFound", "ReplicationGroupNotFoundFault", "CacheClusterNotFound"})
ClientOf = Callable[[str], Any]


@dataclass(frozen=True, kw_only=True)
class Pending:
    """One waiting change."""

    token: str
    """Type of the resource that holds it."""
    resource: str
    """The identifier of the instance or of the node."""
    setting: str
    value: str

    @property
    def sentence(self) -> str:
        return (
            f"{self.resource}: {self.setting} {self.value} waits for the maintenance window; "
            "any other change of it applies that at once."
        )


def find(client: ClientOf, stack: str) -> list[Pending]:
    """The waiting changes of the stack's database and cache; empty before they exist."""
    return [*_of_database(client("rds"), stack), *_of_cache(client("elasticache"), stack)]


def _of_database(rds: Any, stack: str) -> Iterator[Pending]:  # noqa: ANN401 - a boto3 client
    name = naming.database_instance(stack)
    answer = _found(rds.describe_db_instances, DBInstanceIdentifier=name)
    for instance in answer.get("DBInstances", []):
        yield from _pending(DATABASE, name, instance.get("PendingModifiedValues"))


def _of_cache(cache: Any, stack: str) -> Iterator[Pending]:  # noqa: ANN401 - a boto3 client
    name = naming.cache_replication_group(stack)
    answer = _found(cache.describe_replication_groups, ReplicationGroupId=name)
    for group in answer.get("ReplicationGroups", []):
        yield from _pending(CACHE, name, group.get("PendingModifiedValues"))
        for member in group.get("MemberClusters", []):
            described = _found(cache.describe_cache_clusters, CacheClusterId=member)
            for node in described.get("CacheClusters", []):
                yield from _pending(CACHE, member, node.get("PendingModifiedValues"))


def _pending(token: str, resource: str, values: Mapping[str, Any] | None) -> Iterator[Pending]:
    for setting, value in sorted((values or {}).items()):
        if setting not in AT_ONCE and value not in (None, [], {}):
            yield Pending(token=token, resource=resource, setting=setting, value=str(value))


def _found(call: Callable[..., Mapping[str, Any]], **arguments: str) -> Mapping[str, Any]:
    try:
        return call(**arguments)
    except ClientError as refused:
        if refused.response["Error"]["Code"] in ABSENT:
            return {}
        raise
