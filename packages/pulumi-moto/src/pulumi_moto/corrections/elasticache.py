"""ElastiCache: creating and deleting a replication group."""

from typing import Any

from moto.core.responses import ActionResult
from moto.elasticache.exceptions import CacheSubnetGroupNotFound
from moto.elasticache.models import ElastiCacheBackend, ReplicationGroup
from moto.elasticache.responses import ElastiCacheResponse

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.corrections.elasticache_members import remove_members, set_members
from pulumi_moto.corrections.elasticache_refusals import refuse_group
from pulumi_moto.corrections.elasticache_token import TOKENS

WINDOWS = ("snapshot_window", "preferred_maintenance_window")


@corrects(
    ElastiCacheBackend,
    moto="creates one member for NumCacheClusters=2, missing in describe_cache_clusters; accepts "
    "failover with one node, AUTH without TLS, and any token, node type, retention, window, "
    "subnet and parameter group",
    aws="creates a cache cluster for each member; refuses those",
)
def create_replication_group(
    original: Replacement, self: ElastiCacheBackend, **params: Any
) -> ReplicationGroup:
    refuse_group(self, params)
    if params.get("cache_subnet_group_name") not in (None, *self.cache_subnet_groups):
        raise CacheSubnetGroupNotFound(params["cache_subnet_group_name"])
    group: ReplicationGroup = original(self, **params)
    token = params.get("auth_token")
    group.__dict__[TOKENS] = [token] if token else []
    group.__dict__["requested_windows"] = {
        name: params[name] for name in WINDOWS if params.get(name)
    }
    endpoint = group.node_groups[0]["primary_endpoint"]["address"]
    group.node_groups[0]["reader_endpoint"] = {
        "address": endpoint.replace("master.", "replica.", 1),
        "port": group.port,
    }
    set_members(self, group, int(params.get("num_cache_clusters") or 1))
    return group


@corrects(
    ElastiCacheBackend,
    moto="stays in `deleting`, and keeps its tags for the next group of the name",
    aws="deletes the group with its members and tags",
)
def delete_replication_group(
    original: Replacement,
    self: ElastiCacheBackend,
    replication_group_id: str,
    retain_primary_cluster: bool | None = None,  # noqa: FBT001 - moto's signature
) -> ReplicationGroup:
    group: ReplicationGroup = original(self, replication_group_id, retain_primary_cluster)
    remove_members(self, group)
    self.tagging_service.delete_all_tags_for_resource(group.arn)
    del self.replication_groups[replication_group_id]
    return group


@corrects(
    ElastiCacheResponse,
    "delete_replication_group",
    call="elasticache.delete_replication_group (FinalSnapshotIdentifier)",
    moto="takes no snapshot",
    aws="takes it before it deletes, and refuses a name in use",
)
def delete_with_snapshot(original: Replacement, self: ElastiCacheResponse) -> ActionResult:
    backend = self.elasticache_backend
    if name := self._get_param("FinalSnapshotIdentifier"):
        backend.create_snapshot(
            snapshot_name=name,
            replication_group_id=self._get_param("ReplicationGroupId"),
            cache_cluster_id=None,
            kms_key_id=None,
            tags=[],
        )
    answer: ActionResult = original(self)
    return answer
