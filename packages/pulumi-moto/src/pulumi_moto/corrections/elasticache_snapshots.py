"""ElastiCache: a snapshot of a node takes time, and has preconditions.

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
"""Manual snapshots of one node within a day."""
UNSUPPORTED = "cache.t1.micro"
NAME = re.compile(r"[A-Za-z](-?[A-Za-z0-9])*")
BEGUN = "begun_at"
"""An attribute added to moto's snapshot: its start on the account's clock."""


class InvalidCacheClusterStateFault(ElastiCacheException):
    """The node is busy."""

    code = "InvalidCacheClusterState"


class SnapshotQuotaExceededFault(ElastiCacheException):
    """The node has too many manual snapshots within a day."""

    code = "SnapshotQuotaExceededFault"


class SnapshotFeatureNotSupportedFault(ElastiCacheException):
    """The smallest node type has no snapshots."""

    code = "SnapshotFeatureNotSupportedFault"


@corrects(
    ElastiCacheResponse,
    moto="returns it as available at once, under any name, any number of times, of t1 nodes, and "
    "of a replication group with cluster mode disabled",
    aws="is `creating`, with node and group `snapshotting`, for a while; allows 20 of a node "
    "within a day; refuses the others",
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
    if node.cache_node_type == UNSUPPORTED:
        raise SnapshotFeatureNotSupportedFault(
            f"Snapshots are not supported on {UNSUPPORTED} cache nodes."
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
    for held in _involved(backend, snapshot):
        _set_status(held, "snapshotting")


def settle(backend: ElastiCacheBackend) -> None:
    """Complete snapshots whose time has passed."""
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
            for held in _involved(backend, snapshot):
                _set_status(held, "available")


def _involved(
    backend: ElastiCacheBackend, snapshot: Snapshot
) -> list[CacheCluster | ReplicationGroup]:
    node = backend.cache_clusters.get(snapshot.cache_cluster_id or "")
    if node is None:
        return []
    group = backend.replication_groups.get(node.replication_group_id)
    return [node] if group is None else [node, group]


def _set_status(held: CacheCluster | ReplicationGroup, status: str) -> None:
    held.status = status
    if isinstance(held, CacheCluster):
        held.cache_cluster_status = status


def _settled(
    original: Replacement, self: ElastiCacheBackend, *args: object, **params: Any
) -> object:
    settle(self)
    return original(self, *args, **params)


for call in ("describe_snapshots", "describe_replication_groups", "describe_cache_clusters"):
    corrects(
        ElastiCacheBackend,
        call,
        call=f"elasticache.{call} (snapshots)",
        moto="ignores snapshots in progress",
        aws="returns the state at that time",
    )(_settled)
