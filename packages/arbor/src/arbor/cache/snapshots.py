"""Snapshots of the stack's cache, and the names of manual ones.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups.html
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.cache.group import Group

if TYPE_CHECKING:
    from mypy_boto3_elasticache.type_defs import NodeSnapshotTypeDef, SnapshotTypeDef

CREATING, AVAILABLE = "creating", "available"


@dataclass(frozen=True, kw_only=True)
class CacheSnapshot:
    """A snapshot of one node."""

    name: str
    node: str
    source: str
    """`manual`: kept until deleted; `automated`: kept for the retention period."""
    status: str
    created: datetime | None
    """None while it is creating."""
    size: str
    """ElastiCache's text, such as `12 MB`."""


def prefix(stack: str) -> str:
    """Prefix of manual snapshots' names; ElastiCache allows 40 characters in all."""
    return "arbor-redis-manual-" if stack == "production" else f"arbor-redis-{stack}-"


def new_name(stack: str) -> str:
    """A name with the current second; each name can be used once."""
    return f"{prefix(stack)}{datetime.now(UTC):%Y%m%d-%H%M%S}"


def read(account: Account, found: Group) -> list[CacheSnapshot]:
    """The snapshots of the group and its nodes, newest first."""
    pages = account.client("elasticache").get_paginator("describe_snapshots").paginate()
    listed = (one for page in pages for one in page["Snapshots"])
    made = [_snapshot(one) for one in listed if _belongs_to(one, found)]
    latest = datetime.max.replace(tzinfo=UTC)
    return sorted(made, key=lambda one: (one.created or latest, one.name), reverse=True)


def named(account: Account, name: str) -> CacheSnapshot | None:
    """The snapshot of that name; None if it doesn't exist."""
    cache = account.client("elasticache")
    try:
        found = cache.describe_snapshots(SnapshotName=name)["Snapshots"]
    except cache.exceptions.SnapshotNotFoundFault:
        return None
    return _snapshot(found[0]) if found else None


def _belongs_to(described: "SnapshotTypeDef", found: Group) -> bool:
    # DescribeSnapshots' filters find a snapshot only by the id that it was created with.
    names = {found.name, *(node.name for node in found.nodes)}
    return bool({described.get("ReplicationGroupId"), described.get("CacheClusterId")} & names)


def _snapshot(described: "SnapshotTypeDef") -> CacheSnapshot:
    nodes = described.get("NodeSnapshots", [])
    node: NodeSnapshotTypeDef = nodes[0] if nodes else {}
    return CacheSnapshot(
        name=described["SnapshotName"],
        node=described.get("CacheClusterId") or node.get("CacheClusterId", ""),
        source=described["SnapshotSource"],
        status=described["SnapshotStatus"],
        created=node.get("SnapshotCreateTime"),
        size=node.get("CacheSize", ""),
    )
