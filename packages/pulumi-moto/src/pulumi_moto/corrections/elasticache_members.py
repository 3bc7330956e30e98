"""ElastiCache: the nodes of a replication group as cache clusters, and the number of replicas."""

from moto.core.responses import ActionResult
from moto.elasticache.exceptions import ElastiCacheException, InvalidParameterValueException
from moto.elasticache.models import CacheCluster, ElastiCacheBackend, ReplicationGroup
from moto.elasticache.responses import ElastiCacheResponse

from pulumi_moto.correction import corrects
from pulumi_moto.corrections.elasticache_refusals import MOST_REPLICAS

LETTERS = "abcdef"
ABSENT = "is not implemented"


class NoOperationFault(ElastiCacheException):
    """The number of replicas is already as requested."""

    code = "NoOperationFault"


def set_members(self: ElastiCacheBackend, group: ReplicationGroup, nodes: int) -> None:
    """Add or remove replicas at the end; the primary stays."""
    name = group.replication_group_id
    group.member_clusters = [f"{name}-{number:03}" for number in range(1, nodes + 1)]
    group.node_groups[0]["node_group_members"] = [
        {
            "cache_cluster_id": member,
            "cache_node_id": "0001",
            "preferred_availability_zone": f"{self.region_name}{LETTERS[number % 3]}",
            "current_role": "replica" if number else "primary",
        }
        for number, member in enumerate(group.member_clusters)
    ]
    remove_members(self, group, kept=group.member_clusters)
    for member in group.member_clusters:
        if member not in self.cache_clusters:
            self.cache_clusters[member] = _member(self, member, group)


def remove_members(
    self: ElastiCacheBackend, group: ReplicationGroup, kept: list[str] | None = None
) -> None:
    for name, cluster in list(self.cache_clusters.items()):
        of_the_group = cluster.replication_group_id == group.replication_group_id
        if of_the_group and name not in (kept or []):
            del self.cache_clusters[name]


def _member(self: ElastiCacheBackend, name: str, group: ReplicationGroup) -> CacheCluster:
    cluster = CacheCluster(
        account_id=self.account_id,
        region_name=self.region_name,
        cache_cluster_id=name,
        cache_node_type=group.cache_node_type,
        replication_group_id=group.replication_group_id,
        az_mode=None,
        preferred_availability_zone=None,
        num_cache_nodes=1,
        engine=group.engine,
        engine_version=group.engine_version,
        cache_parameter_group_name=group.cache_parameter_group_name,
        cache_subnet_group_name=group.cache_subnet_group_name,
        transit_encryption_enabled=group.transit_encryption_enabled,
        network_type=group.network_type,
        ip_discovery=group.ip_discovery,
        snapshot_name=None,
        preferred_maintenance_window=group.preferred_maintenance_window,
        port=group.port,
        notification_topic_arn=None,
        auto_minor_version_upgrade=bool(group.auto_minor_version_upgrade),
        snapshot_retention_limit=group.snapshot_retention_limit,
        snapshot_window=group.snapshot_window,
        auth_token=None,
        outpost_mode=None,
        preferred_outpost_arn=None,
        preferred_availability_zones=None,
        cache_security_group_names=None,
        security_group_ids=group.security_group_ids,
        tags=group.tags,
        snapshot_arns=None,
        preferred_outpost_arns=None,
        log_delivery_configurations=[],
        cache_node_ids_to_remove=None,
        cache_node_ids_to_reboot=None,
    )
    describe_as_aws(cluster)
    return cluster


def describe_as_aws(cluster: CacheCluster) -> None:
    """Add attributes of the response that moto lacks."""
    cluster.__dict__["cache_parameter_group"] = {
        "CacheParameterGroupName": cluster.cache_parameter_group_name or "default.redis7",
        "ParameterApplyStatus": "in-sync",
    }
    cluster.__dict__["security_groups"] = [
        {"SecurityGroupId": group, "Status": "active"} for group in cluster.security_group_ids
    ]


def _requested(self: ElastiCacheResponse) -> tuple[ReplicationGroup, int]:
    """Return the group and the requested number of replicas."""
    group = self.elasticache_backend.describe_replication_groups(
        self._get_param("ReplicationGroupId")
    )[0]
    if not self._get_bool_param("ApplyImmediately"):
        raise InvalidParameterValueException(
            "ApplyImmediately is required to be true to change the number of replicas."
        )
    replicas = self._get_int_param("NewReplicaCount")
    if replicas is None:
        raise InvalidParameterValueException("The parameter NewReplicaCount must be provided.")
    if replicas == len(group.member_clusters) - 1:
        raise NoOperationFault("The operation was not performed because no changes were required.")
    return group, replicas


@corrects(ElastiCacheResponse, moto=ABSENT, aws="adds replicas, up to five")
def increase_replica_count(original: None, self: ElastiCacheResponse) -> ActionResult:
    group, replicas = _requested(self)
    if not len(group.member_clusters) - 1 < replicas <= MOST_REPLICAS:
        raise InvalidParameterValueException(
            f"The number of replicas per node group must be within 0 and {MOST_REPLICAS}, and "
            f"above the current {len(group.member_clusters) - 1}."
        )
    set_members(self.elasticache_backend, group, replicas + 1)
    return ActionResult({"ReplicationGroup": group})


@corrects(
    ElastiCacheResponse,
    moto=ABSENT,
    aws="removes replicas; refuses the last one while failover is enabled",
)
def decrease_replica_count(original: None, self: ElastiCacheResponse) -> ActionResult:
    group, replicas = _requested(self)
    if not 0 <= replicas < len(group.member_clusters) - 1:
        raise InvalidParameterValueException(
            "The number of replicas must be below the current "
            f"{len(group.member_clusters) - 1}, and not below 0."
        )
    if replicas == 0 and group.automatic_failover == "enabled":
        raise InvalidParameterValueException(
            "Must have at least 1 replica when cluster mode is disabled with auto failover enabled."
        )
    set_members(self.elasticache_backend, group, replicas + 1)
    return ActionResult({"ReplicationGroup": group})
