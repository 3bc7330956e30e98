"""The stack's replication group, as ElastiCache describes it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.procedure import Refused
from arbor_names import naming

if TYPE_CHECKING:
    from mypy_boto3_elasticache.type_defs import ReplicationGroupTypeDef

AVAILABLE = "available"


@dataclass(frozen=True, kw_only=True)
class Node:
    """One cache cluster of the group: one Redis server."""

    name: str
    is_primary: bool


@dataclass(frozen=True, kw_only=True)
class Group:
    """The group's one shard: a primary and its replicas."""

    name: str
    status: str
    host: str
    """The primary endpoint, which follows a failover."""
    port: int
    node_type: str
    nodes: tuple[Node, ...]


def find(account: Account) -> "ReplicationGroupTypeDef | None":
    """The group's description; None if it doesn't exist."""
    cache, name = account.client("elasticache"), naming.cache_replication_group(account.stack)
    try:
        (found,) = cache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"]
    except cache.exceptions.ReplicationGroupNotFoundFault:
        return None
    return found


def describe(account: Account) -> "ReplicationGroupTypeDef":
    """The group's description. Raises Refused if it doesn't exist."""
    found = find(account)
    if found is None:
        name = naming.cache_replication_group(account.stack)
        raise Refused(f"There is no cache {name}; run `pulumi up` of {account.stack}.")
    return found


def read(account: Account) -> Group:
    """Raises Refused if there is no group, or it has no primary endpoint yet."""
    found = describe(account)
    shard = next(iter(found.get("NodeGroups", [])), None)
    if shard is None or "PrimaryEndpoint" not in shard:
        raise Refused(
            f"{found['ReplicationGroupId']} is {found['Status']} and has no primary endpoint yet."
        )
    return Group(
        name=found["ReplicationGroupId"],
        status=found["Status"],
        host=shard["PrimaryEndpoint"]["Address"],
        port=shard["PrimaryEndpoint"]["Port"],
        node_type=found.get("CacheNodeType", ""),
        nodes=tuple(
            Node(name=one["CacheClusterId"], is_primary=one.get("CurrentRole") == "primary")
            for one in shard.get("NodeGroupMembers", [])
        ),
    )
