"""ElastiCache: replication groups with members, and what ElastiCache refuses of them."""

import re
from typing import Any

from moto.core.responses import ActionResult
from moto.elasticache.exceptions import (
    CacheSubnetGroupNotFound,
    InvalidParameterCombinationException,
    InvalidParameterValueException,
)
from moto.elasticache.models import (
    CacheCluster,
    CacheSubnetGroup,
    ElastiCacheBackend,
    ReplicationGroup,
)
from moto.elasticache.responses import ElastiCacheResponse

from emulator.correction import Replacement, corrects

AUTH_TOKEN = re.compile(r"[A-Za-z0-9!&#$^<>-]{16,128}")
LETTERS = "abcdef"


def _refuse_impossible(asked: dict[str, Any]) -> None:
    nodes = int(asked.get("num_cache_clusters") or 1)
    failover = bool(asked.get("automatic_failover_enabled"))
    if failover and nodes < 2:  # noqa: PLR2004 - a primary and something to fail over to
        raise InvalidParameterCombinationException(
            "Automatic failover is not supported for replication groups with fewer than 2 nodes."
        )
    if asked.get("multi_az_enabled") and not failover:
        raise InvalidParameterCombinationException("Multi-AZ requires automatic failover.")
    token = asked.get("auth_token")
    if token and not asked.get("transit_encryption_enabled"):
        raise InvalidParameterCombinationException(
            "The AUTH token is only supported when encryption-in-transit is enabled."
        )
    if token and AUTH_TOKEN.fullmatch(token) is None:
        raise InvalidParameterValueException(
            "Invalid AuthToken provided: 16 to 128 letters, digits and !&#$^<>- only."
        )


@corrects(
    ElastiCacheBackend,
    "create_replication_group",
    call="elasticache.create_replication_group",
    moto="makes one member of NumCacheClusters=2, unknown to describe_cache_clusters; accepts "
    "failover with one node, AUTH without TLS, and any token",
    aws="makes every member a cache cluster; refuses those",
)
def create_replication_group(
    original: Replacement, self: ElastiCacheBackend, **asked: Any
) -> ReplicationGroup:
    _refuse_impossible(asked)
    if asked.get("cache_subnet_group_name") not in (None, *self.cache_subnet_groups):
        raise CacheSubnetGroupNotFound(asked["cache_subnet_group_name"])
    group: ReplicationGroup = original(self, **asked)
    name = group.replication_group_id
    nodes = int(asked.get("num_cache_clusters") or 1)
    group.member_clusters = [f"{name}-{number:03}" for number in range(1, nodes + 1)]
    endpoint = group.node_groups[0]["primary_endpoint"]["address"]
    group.node_groups[0]["reader_endpoint"] = {
        "address": endpoint.replace("master.", "replica.", 1),
        "port": group.port,
    }
    group.node_groups[0]["node_group_members"] = [
        {
            "cache_cluster_id": member,
            "cache_node_id": "0001",
            "preferred_availability_zone": f"{self.region_name}{LETTERS[number % 3]}",
            "current_role": "replica" if number else "primary",
        }
        for number, member in enumerate(group.member_clusters)
    ]
    for member in group.member_clusters:
        self.cache_clusters[member] = _member(self, member, group)
    return group


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
    _describe_as_aws(cluster)
    return cluster


def _describe_as_aws(cluster: CacheCluster) -> None:
    """Attributes in the shape of the answer, which moto leaves out."""
    cluster.__dict__["cache_parameter_group"] = {
        "CacheParameterGroupName": cluster.cache_parameter_group_name or "default.redis7",
        "ParameterApplyStatus": "in-sync",
    }
    cluster.__dict__["security_groups"] = [
        {"SecurityGroupId": group, "Status": "active"} for group in cluster.security_group_ids
    ]


MODIFIED = {
    "EngineVersion": "engine_version",
    "CacheParameterGroupName": "cache_parameter_group_name",
    "SecurityGroupIds": "security_group_ids",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "SnapshotWindow": "snapshot_window",
    "CacheNodeType": "cache_node_type",
}
"""Parameters that moto's modify drops, or keeps from the members."""


@corrects(
    ElastiCacheResponse,
    "modify_replication_group",
    call="elasticache.modify_replication_group",
    moto="drops the engine version, windows, groups and log delivery; accepts any AUTH token",
    aws="changes them on the group and its members; checks the token",
)
def modify_replication_group(original: Replacement, self: ElastiCacheResponse) -> ActionResult:
    name = self._get_param("ReplicationGroupId")
    backend = self.elasticache_backend
    group = backend.describe_replication_groups(name)[0]
    _refuse_impossible(
        {
            "num_cache_clusters": len(group.member_clusters),
            "automatic_failover_enabled": self._get_bool_param("AutomaticFailoverEnabled"),
            "auth_token": self._get_param("AuthToken"),
            "transit_encryption_enabled": group.transit_encryption_enabled,
        }
    )
    answer: ActionResult = original(self)
    for parameter, attribute in MODIFIED.items():
        value = self._get_param(parameter)
        if value is None:
            continue
        for changed in (group, *(backend.cache_clusters[m] for m in group.member_clusters)):
            setattr(changed, attribute, value)
    for member in group.member_clusters:
        _describe_as_aws(backend.cache_clusters[member])
    if (logs := self._get_params().get("LogDeliveryConfigurations")) is not None:
        group.log_delivery_configurations = group._get_log_delivery_configurations(logs)  # noqa: SLF001
    return answer


@corrects(
    ElastiCacheBackend,
    "delete_replication_group",
    call="elasticache.delete_replication_group",
    moto="says `deleting` for ever",
    aws="deletes the group and its members",
)
def delete_replication_group(
    original: Replacement,
    self: ElastiCacheBackend,
    replication_group_id: str,
    retain_primary_cluster: bool | None = None,  # noqa: FBT001 - moto's signature
) -> ReplicationGroup:
    group: ReplicationGroup = original(self, replication_group_id, retain_primary_cluster)
    for member in [m for m in self.cache_clusters if m.startswith(f"{replication_group_id}-")]:
        del self.cache_clusters[member]
    del self.replication_groups[replication_group_id]
    return group


@corrects(
    ElastiCacheResponse,
    "delete_cache_subnet_group",
    call="elasticache.delete_cache_subnet_group",
    moto="is not implemented",
    aws="deletes a group that no cluster uses",
)
def delete_cache_subnet_group(original: None, self: ElastiCacheResponse) -> ActionResult:
    name = self._get_param("CacheSubnetGroupName")
    backend = self.elasticache_backend
    if name not in backend.cache_subnet_groups:
        raise CacheSubnetGroupNotFound(name)
    used = [c for c in backend.cache_clusters.values() if c.cache_subnet_group_name == name]
    if used:
        raise InvalidParameterCombinationException(
            f"Cache subnet group {name} is currently in use by a cache cluster."
        )
    del backend.cache_subnet_groups[name]
    return ActionResult({})


@corrects(
    ElastiCacheResponse,
    "modify_cache_subnet_group",
    call="elasticache.modify_cache_subnet_group",
    moto="is not implemented",
    aws="changes the description and the subnets",
)
def modify_cache_subnet_group(original: None, self: ElastiCacheResponse) -> ActionResult:
    name = self._get_param("CacheSubnetGroupName")
    backend = self.elasticache_backend
    if name not in backend.cache_subnet_groups:
        raise CacheSubnetGroupNotFound(name)
    old = backend.cache_subnet_groups[name]
    description = self._get_param("CacheSubnetGroupDescription")
    group = CacheSubnetGroup(
        account_id=backend.account_id,
        region_name=backend.region_name,
        cache_subnet_group_name=name,
        cache_subnet_group_description=description or old.cache_subnet_group_description,
        subnet_ids=self._get_params().get("SubnetIds") or old.subnet_ids,
        tags=old.tags,
    )
    backend.cache_subnet_groups[name] = group
    return ActionResult({"CacheSubnetGroup": group})
