"""Snapshots of the stack's cache: which there are, and how ours are called.

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
class Snapshot:
    """One of one node."""

    name: str
    node: str
    source: str
    """`manual` ones stay until somebody deletes them, `automated` ones for the retention."""
    status: str
    created: datetime | None
    """None while it is being made."""
    size: str
    """As ElastiCache words it."""


def prefix(stack: str) -> str:
    """Of the names of those taken by hand; ElastiCache allows a name 40 characters."""
    return "arbor-redis-manual-" if stack == "production" else f"arbor-redis-{stack}-"


def new_name(stack: str) -> str:
    """The second is in it: a name can be used once."""
    return f"{prefix(stack)}{datetime.now(UTC):%Y%m%d-%H%M%S}"


def read(account: Account, found: Group) -> list[Snapshot]:
    """Those of the group and of its nodes, the newest first."""
    pages = account.client("elasticache").get_paginator("describe_snapshots").paginate()
    made = [_snapshot(one) for page in pages for one in page["Snapshots"] if _is_of(one, found)]
    latest = datetime.max.replace(tzinfo=UTC)
    return sorted(made, key=lambda one: (one.created or latest, one.name), reverse=True)


def named(account: Account, name: str) -> Snapshot | None:
    """The one of that name."""
    cache = account.client("elasticache")
    try:
        found = cache.describe_snapshots(SnapshotName=name)["Snapshots"]
    except cache.exceptions.SnapshotNotFoundFault:
        return None
    return _snapshot(found[0]) if found else None


def _is_of(told: "SnapshotTypeDef", found: Group) -> bool:
    # Not by its filters: they know a snapshot by the one id that it was asked for with.
    names = {found.name, *(node.name for node in found.nodes)}
    return bool({told.get("ReplicationGroupId"), told.get("CacheClusterId")} & names)


def _snapshot(told: "SnapshotTypeDef") -> Snapshot:
    nodes = told.get("NodeSnapshots", [])
    node: NodeSnapshotTypeDef = nodes[0] if nodes else {}
    return Snapshot(
        name=told["SnapshotName"],
        node=told.get("CacheClusterId") or node.get("CacheClusterId", ""),
        source=told["SnapshotSource"],
        status=told["SnapshotStatus"],
        created=node.get("SnapshotCreateTime"),
        size=node.get("CacheSize", ""),
    )
