"""The stack's replication group, as ElastiCache describes it."""

from dataclasses import dataclass

from arbor.account import Account
from arbor.procedure import Refused
from arbor_names import naming


@dataclass(frozen=True, kw_only=True)
class Node:
    """One cache cluster of the group; each is one server."""

    name: str
    is_primary: bool


@dataclass(frozen=True, kw_only=True)
class Group:
    """One shard: a primary, and the replicas that follow it."""

    name: str
    status: str
    host: str
    """Of the primary, whichever node that is."""
    port: int
    node_type: str
    nodes: tuple[Node, ...]


def read(account: Account) -> Group:
    """Raises Refused when there is none, or none that can be reached yet."""
    cache, name = account.client("elasticache"), naming.cache_replication_group(account.stack)
    try:
        found = cache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"][0]
    except cache.exceptions.ReplicationGroupNotFoundFault:
        raise Refused(f"There is no cache {name}; run `pulumi up` of {account.stack}.") from None
    shard = next(iter(found.get("NodeGroups", [])), None)
    if shard is None or "PrimaryEndpoint" not in shard:
        raise Refused(f"{name} is {found['Status']} and has no primary endpoint yet.")
    return Group(
        name=name,
        status=found["Status"],
        host=shard["PrimaryEndpoint"]["Address"],
        port=shard["PrimaryEndpoint"]["Port"],
        node_type=found.get("CacheNodeType", ""),
        nodes=tuple(
            Node(name=one["CacheClusterId"], is_primary=one.get("CurrentRole") == "primary")
            for one in shard.get("NodeGroupMembers", [])
        ),
    )
