"""ElastiCache: changes of a replication group and of its AUTH tokens."""

from moto.core.responses import ActionResult
from moto.elasticache.models import CacheCluster, ReplicationGroup
from moto.elasticache.responses import ElastiCacheResponse

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.corrections.elasticache_members import describe_as_aws
from pulumi_moto.corrections.elasticache_pending import defer
from pulumi_moto.corrections.elasticache_refusals import refuse_engine, refuse_group
from pulumi_moto.corrections.elasticache_token import begin, tokens_after
from pulumi_moto.shapes import Members

MODIFIED = {
    "EngineVersion": "engine_version",
    "CacheParameterGroupName": "cache_parameter_group_name",
    "SecurityGroupIds": "security_group_ids",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "SnapshotWindow": "snapshot_window",
    "SnapshotRetentionLimit": "snapshot_retention_limit",
    "CacheNodeType": "cache_node_type",
    "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
    "Engine": "engine",
    "TransitEncryptionEnabled": "transit_encryption_enabled",
}
"""Parameters that moto's modify drops, or does not apply to the members."""
SWITCHES = {
    "AutomaticFailoverEnabled": ("automatic_failover_enabled", "automatic_failover"),
    "MultiAZEnabled": ("multi_az_enabled", "multi_az"),
}


def _planned(group: ReplicationGroup, params: Members) -> Members:
    """Return create's arguments for the changed group; windows that moto invented are left out."""
    named = {MODIFIED[name]: value for name, value in params.items() if name in MODIFIED}
    switches = {
        argument: params.get(name, getattr(group, attribute) == "enabled")
        for name, (argument, attribute) in SWITCHES.items()
    }
    if named.keys() & {"snapshot_window", "preferred_maintenance_window"}:
        held = group.__dict__["requested_windows"]
        named = {**held, **named}
    if named.keys() & {"engine_version", "cache_parameter_group_name"}:
        held = {
            "engine_version": group.engine_version,
            "cache_parameter_group_name": group.cache_parameter_group_name,
        }
        named = {**held, **named}
    return {
        **named,
        **switches,
        "engine": params.get("Engine", group.engine),
        "num_cache_clusters": len(group.member_clusters),
    }


def _change(group: ReplicationGroup, members: list[CacheCluster], params: Members) -> None:
    for changed in (group, *members):
        for parameter, attribute in MODIFIED.items():
            if parameter in params:
                setattr(changed, attribute, params[parameter])
    for member in members:
        describe_as_aws(member)


@corrects(
    ElastiCacheResponse,
    moto="drops the engine version, TLS, windows, groups and log delivery; accepts any AUTH token, "
    "node type, version and retention, and failover of one node",
    aws="changes them on the group and its members, node type and version in the maintenance "
    "window unless ApplyImmediately; refuses those; accepts two tokens from ROTATE to SET, half a "
    "minute after its response, and refuses another token change until then",
)
def modify_replication_group(original: Replacement, self: ElastiCacheResponse) -> ActionResult:
    backend = self.elasticache_backend
    group = backend.describe_replication_groups(self._get_param("ReplicationGroupId"))[0]
    params = {name: value for name, value in self._get_params().items() if value is not None}
    for name in (*SWITCHES, "AutoMinorVersionUpgrade", "TransitEncryptionEnabled"):
        if name in params:
            params[name] = self._get_bool_param(name)
    refuse_group(backend, _planned(group, params))
    refuse_engine(group, params)
    tokens = tokens_after(group, params)

    node_type = group.cache_node_type  # changed at once by moto
    answer: ActionResult = original(self)
    group.cache_node_type = node_type
    members = [backend.cache_clusters[member] for member in group.member_clusters]
    at_once = bool(self._get_bool_param("ApplyImmediately"))
    params = defer(group, members, params, at_once=at_once)
    _change(group, members, params)
    remember_windows(group, params)
    if tokens is not None:
        begin(group, tokens, params.get("AuthTokenUpdateStrategy"))
    if (logs := params.get("LogDeliveryConfigurations")) is not None:
        group.log_delivery_configurations = group._get_log_delivery_configurations(logs)
    return answer


def remember_windows(group: ReplicationGroup, params: Members) -> None:
    held: dict[str, str] = group.__dict__.setdefault("requested_windows", {})
    for name in ("SnapshotWindow", "PreferredMaintenanceWindow"):
        if name in params:
            held[MODIFIED[name]] = params[name]
