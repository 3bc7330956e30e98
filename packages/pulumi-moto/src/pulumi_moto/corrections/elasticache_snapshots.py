"""ElastiCache: a snapshot of a node takes a while, and cannot be had at any time.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups.html
"""

import re
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.elasticache.exceptions import (
    CacheClusterNotFound,
    ElastiCacheException,
    InvalidParameterValueException,
    ReplicationGroupNotFound,
)
from moto.elasticache.models import CacheCluster, ElastiCacheBackend, ReplicationGroup, Snapshot
from moto.elasticache.responses import ElastiCacheResponse

from pulumi_moto.clock import CLOCK
from pulumi_moto.correction import Replacement, corrects

SECONDS = 300.0
DAY = 86400.0
MOST = 20
"""Manual ones of one node within a day."""
WITHOUT = "cache.t1.micro"
NAME = re.compile(r"[A-Za-z](-?[A-Za-z0-9])*")
BEGUN = "begun_at"
"""By the account's clock; what a snapshot has beside moto's."""


class InvalidCacheClusterStateFault(ElastiCacheException):
    """The node is busy."""

    code = "InvalidCacheClusterState"


class SnapshotQuotaExceededFault(ElastiCacheException):
    """Too many within a day."""

    code = "SnapshotQuotaExceededFault"


class SnapshotFeatureNotSupportedFault(ElastiCacheException):
    """The smallest nodes have none."""

    code = "SnapshotFeatureNotSupportedFault"


@corrects(
    ElastiCacheResponse,
    "create_snapshot",
    call="elasticache.create_snapshot",
    moto="has it available at once, under any name, as often as asked, of t1 nodes, and of a "
    "replication group with cluster mode off",
    aws="says `creating`, and `snapshotting` of the node and its group, for a while; 20 of a node "
    "within a day; refuses those",
)
def create_snapshot(original: Replacement, self: ElastiCacheResponse) -> ActionResult:
    backend = self.elasticache_backend
    settle(backend)
    name = self._get_param("SnapshotName")
    if NAME.fullmatch(name) is None:
        raise InvalidParameterValueException(
            f"The parameter SnapshotName is not a valid identifier: {name}. Identifiers must begin "
            "with a letter; must contain only ASCII letters, digits, and hyphens; and must not end "
            "with a hyphen or contain two consecutive hyphens."
        )
    group = self._get_param("ReplicationGroupId")
    if group is not None:
        _refuse_group(backend, group)
    node = self._get_param("CacheClusterId")
    if node is not None and name not in backend.snapshots:
        if node not in backend.cache_clusters:
            raise CacheClusterNotFound(node)
        _refuse_node(backend, backend.cache_clusters[node])
    answer: ActionResult = original(self)
    _begin(backend, backend.snapshots[name])
    return answer


def _refuse_group(backend: ElastiCacheBackend, name: str) -> None:
    if name not in backend.replication_groups:
        raise ReplicationGroupNotFound(name)
    if not backend.replication_groups[name].cluster_enabled:
        raise InvalidParameterValueException(
            "Cannot snapshot a replication group with cluster-mode disabled. Please specify a "
            "cache cluster instead."
        )


def _refuse_node(backend: ElastiCacheBackend, node: CacheCluster) -> None:
    if node.cache_node_type == WITHOUT:
        raise SnapshotFeatureNotSupportedFault(
            f"Snapshots are not supported on {WITHOUT} cache nodes."
        )
    if node.cache_cluster_status != "available":
        raise InvalidCacheClusterStateFault(
            f"Cache cluster {node.cache_cluster_id} is not in a valid state to be snapshotted: "
            f"{node.cache_cluster_status}"
        )
    recent = [
        one
        for one in backend.snapshots.values()
        if one.cache_cluster_id == node.cache_cluster_id
        and one.__dict__.get(BEGUN, float("-inf")) > CLOCK.now() - DAY
    ]
    if len(recent) >= MOST:
        raise SnapshotQuotaExceededFault(
            f"The request would exceed the {MOST} manual snapshots of {node.cache_cluster_id} "
            "within 24 hours."
        )


def _begin(backend: ElastiCacheBackend, snapshot: Snapshot) -> None:
    snapshot.snapshot_status = "creating"
    snapshot.__dict__.update({BEGUN: CLOCK.now(), "node_snapshots": []})
    for held in _busy_with(backend, snapshot):
        _tell(held, "snapshotting")


def settle(backend: ElastiCacheBackend) -> None:
    """End what has taken its time."""
    for snapshot in backend.snapshots.values():
        due = snapshot.__dict__.get(BEGUN, float("inf")) + SECONDS
        if snapshot.snapshot_status == "creating" and CLOCK.now() >= due:
            snapshot.snapshot_status = "available"
            snapshot.__dict__["node_snapshots"] = [
                {
                    "cache_cluster_id": snapshot.cache_cluster_id,
                    "cache_node_id": "0001",
                    "cache_size": "11 MB",
                    "snapshot_create_time": utcnow(),
                }
            ]
            for held in _busy_with(backend, snapshot):
                _tell(held, "available")


def _busy_with(
    backend: ElastiCacheBackend, snapshot: Snapshot
) -> list[CacheCluster | ReplicationGroup]:
    node = backend.cache_clusters.get(snapshot.cache_cluster_id or "")
    if node is None:
        return []
    group = backend.replication_groups.get(node.replication_group_id)
    return [node] if group is None else [node, group]


def _tell(held: CacheCluster | ReplicationGroup, status: str) -> None:
    held.status = status
    if isinstance(held, CacheCluster):
        held.cache_cluster_status = status


def _settled(original: Replacement, self: ElastiCacheBackend, *args: Any, **asked: Any) -> Any:
    settle(self)
    return original(self, *args, **asked)


for call in ("describe_snapshots", "describe_replication_groups", "describe_cache_clusters"):
    corrects(
        ElastiCacheBackend,
        call,
        call=f"elasticache.{call} (snapshots)",
        moto="knows of no snapshot that is being made",
        aws="tells the state at that time",
    )(_settled)
