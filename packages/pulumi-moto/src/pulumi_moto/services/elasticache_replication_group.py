"""ElastiCache: replication groups."""

from collections.abc import Callable

from pulumi_moto.row import Change, Client, Props, Row, State, fields
from pulumi_moto.services.equivalence import same_text
from pulumi_moto.services.missing import found_or_none
from pulumi_moto.services.resource_tags import retag
from pulumi_moto.shapes import Members, capitalized, same_set, tag_dict, tag_list, without_empty

PLAIN = capitalized(
    "engine engineVersion transitEncryptionEnabled automaticFailoverEnabled "
    "snapshotRetentionLimit snapshotWindow autoMinorVersionUpgrade securityGroupIds",
    nodeType="CacheNodeType",
    multiAzEnabled="MultiAZEnabled",
    maintenanceWindow="PreferredMaintenanceWindow",
    parameterGroupName="CacheParameterGroupName",
)
FIXED = {
    "replicationGroupId": "ReplicationGroupId",
    "port": "Port",
    "subnetGroupName": "CacheSubnetGroupName",
    "atRestEncryptionEnabled": "AtRestEncryptionEnabled",
    "kmsKeyId": "KmsKeyId",
}
COMPUTED = fields(
    "applyImmediately atRestEncryptionEnabled autoMinorVersionUpgrade engine engineVersion "
    "maintenanceWindow nodeType numCacheClusters parameterGroupName securityGroupIds "
    "snapshotWindow subnetGroupName transitEncryptionEnabled"
)
"""Inputs that keep their value when the program removes them."""
DEFAULT_PORT = 6379
PATCHES = {"6.2": "6.2.6", "7.0": "7.0.7"}
"""ElastiCache's patch levels other than 0."""
TLS_CHANGES_SINCE = (7, 0, 5)
NODES = "numCacheClusters"
OF_THE_PROVIDER = fields("applyImmediately finalSnapshotIdentifier")
LOGS = "logDeliveryConfigurations"
ON = {"enabled", "enabling"}


def _logs_to_aws(logs: list[dict[str, str]]) -> list[Members]:
    return [
        {
            "LogType": log["logType"],
            "LogFormat": log["logFormat"],
            "DestinationType": log["destinationType"],
            "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": log["destination"]}},
        }
        for log in logs
    ]


def _logs_from_aws(logs: list[Members]) -> list[dict[str, str]]:
    return [
        {
            "logType": log["LogType"],
            "logFormat": log["LogFormat"],
            "destinationType": log["DestinationType"],
            "destination": log["DestinationDetails"]["CloudWatchLogsDetails"]["LogGroup"],
        }
        for log in logs
    ]


def create_group(client: Client, props: Props) -> str:
    names = {**FIXED, **PLAIN, NODES: "NumCacheClusters"}
    client.create_replication_group(
        ReplicationGroupDescription=props["description"],
        Tags=tag_list(props.get("tags")),
        **{aws: props[name] for name, aws in names.items() if props.get(name) is not None},
        **without_empty(
            {
                "AuthToken": props.get("authToken"),
                "LogDeliveryConfigurations": _logs_to_aws(props.get(LOGS, [])),
            }
        ),
    )
    return str(props["replicationGroupId"])


def _group(client: Client, name: str) -> Members | None:
    answer = found_or_none(client.describe_replication_groups, ReplicationGroupId=name)
    return answer["ReplicationGroups"][0] if answer else None


def read_group(client: Client, name: str) -> State | None:
    found = _group(client, name)
    if found is None:
        return None
    member = client.describe_cache_clusters(CacheClusterId=found["MemberClusters"][0])
    node = member["CacheClusters"][0]
    endpoint = found["NodeGroups"][0]["PrimaryEndpoint"]
    reader = found["NodeGroups"][0].get("ReaderEndpoint", endpoint)
    version = str(node["EngineVersion"])
    return {
        "replicationGroupId": name,
        "description": found["Description"],
        "engine": node["Engine"],
        "engineVersion": version,
        "engineVersionActual": PATCHES.get(version, f"{version}.0"),
        "nodeType": found["CacheNodeType"],
        NODES: len(found["MemberClusters"]),
        "automaticFailoverEnabled": found["AutomaticFailover"] in ON,
        "multiAzEnabled": found["MultiAZ"] in ON,
        "port": endpoint["Port"],
        "parameterGroupName": node["CacheParameterGroup"]["CacheParameterGroupName"],
        "subnetGroupName": node["CacheSubnetGroupName"],
        "securityGroupIds": [g["SecurityGroupId"] for g in node["SecurityGroups"]],
        "atRestEncryptionEnabled": found["AtRestEncryptionEnabled"],
        "kmsKeyId": found.get("KmsKeyId", ""),
        "transitEncryptionEnabled": found["TransitEncryptionEnabled"],
        "snapshotRetentionLimit": found["SnapshotRetentionLimit"],
        "snapshotWindow": found["SnapshotWindow"],
        "maintenanceWindow": node["PreferredMaintenanceWindow"],
        "autoMinorVersionUpgrade": found.get("AutoMinorVersionUpgrade", True),
        LOGS: _logs_from_aws(found.get("LogDeliveryConfigurations", [])),
        "tags": tag_dict(client.list_tags_for_resource(ResourceName=found["ARN"])["TagList"]),
        "arn": found["ARN"],
        "primaryEndpointAddress": endpoint["Address"],
        "readerEndpointAddress": reader["Address"],
    }


def update_group(client: Client, name: str, change: Change) -> None:
    """Update in the provider's order: failover requires the second node throughout."""
    if "engine" in change.keys and "engineVersion" not in change.keys:
        raise ValueError(
            f"must explicitly set 'engine_version' attribute for Replication Group ({name}) when "
            "updating engine to 'valkey'"
        )
    old, new = change.old.get(NODES), change.new.get(NODES)
    if NODES in change.keys and old is not None and new is not None and new > old:
        _set_replicas(client.increase_replica_count, name, new)
    _modify(client, name, change)
    if "authToken" in change.keys and change.new.get("authToken"):
        client.modify_replication_group(
            ReplicationGroupId=name,
            ApplyImmediately=True,
            AuthToken=change.new["authToken"],
            AuthTokenUpdateStrategy="ROTATE",
        )
    if NODES in change.keys and old is not None and new is not None and new < old:
        _set_replicas(client.decrease_replica_count, name, new)
    retag(client, str(change.old["arn"]), change)


def _set_replicas(call: Callable[..., object], name: str, nodes: float) -> None:
    """Change the number of replicas; ElastiCache requires ApplyImmediately."""
    call(ReplicationGroupId=name, NewReplicaCount=int(nodes) - 1, ApplyImmediately=True)


def _modify(client: Client, name: str, change: Change) -> None:
    params = {
        aws: change.new[prop]
        for prop, aws in PLAIN.items()
        if prop in change.keys and prop in change.new
    }
    if "EngineVersion" in params:
        params["Engine"] = change.new.get("engine", "redis")
    if "description" in change.keys:
        params["ReplicationGroupDescription"] = change.new["description"]
    if LOGS in change.keys:
        params["LogDeliveryConfigurations"] = _logs_to_aws(change.new.get(LOGS, []))
    if params:
        client.modify_replication_group(
            ReplicationGroupId=name,
            ApplyImmediately=bool(change.new.get("applyImmediately")),
            **params,
        )


def reverts_engine(state: Props, new: Props) -> bool:
    """Return whether the change is from Valkey; only Redis to Valkey is in place."""
    return bool(state.get("engine") != "redis" and new.get("engine") != "valkey")


def is_a_downgrade(state: Props, new: Props) -> bool:
    return _number(new["engineVersion"]) < _number(state["engineVersion"])


def _number(version: str) -> tuple[float, ...]:
    """Return the version as numbers; `6.x` is the highest 6."""
    return tuple(float("inf") if part == "x" else float(part) for part in version.split("."))


def has_fixed_encryption(state: Props, _new: Props) -> bool:
    """Return whether TLS is fixed at creation: before 7.0.5."""
    return (
        _number(str(state.get("engineVersionActual") or state["engineVersion"])) < TLS_CHANGES_SINCE
    )


def has_the_default_port(state: Props, new: Props) -> bool:
    return new.get("port") is None and state.get("port") == DEFAULT_PORT


def same_version(old: str, new: str) -> bool:
    """Compare versions; `6.x` matches each minor version."""
    return old == new or (new.endswith(".x") and old.partition(".")[0] == new.partition(".")[0])


def delete_group(client: Client, name: str, state: Props) -> None:
    if _group(client, name) is not None:
        final = {"FinalSnapshotIdentifier": state.get("finalSnapshotIdentifier")}
        client.delete_replication_group(ReplicationGroupId=name, **without_empty(final))


ROWS = (
    Row(
        token="aws:elasticache/replicationGroup:ReplicationGroup",
        client="elasticache",
        source="internal/service/elasticache/replication_group.go",
        inputs=fields("description authToken tags.*")
        | {*FIXED, *PLAIN, *OF_THE_PROVIDER, NODES}
        | fields("logType logFormat destinationType destination", below=LOGS),
        outputs=fields("arn engineVersionActual primaryEndpointAddress readerEndpointAddress"),
        replaces=frozenset(FIXED),
        replaces_if={
            "engine": reverts_engine,
            "engineVersion": is_a_downgrade,
            "transitEncryptionEnabled": has_fixed_encryption,
        },
        computed=COMPUTED,
        write_only=fields("authToken") | {*OF_THE_PROVIDER},
        same={
            "engineVersion": same_version,
            "maintenanceWindow": same_text,
            "replicationGroupId": same_text,
            "securityGroupIds": same_set,
            LOGS: same_set,
        },
        suppresses={"port": has_the_default_port},
        create=create_group,
        read=read_group,
        update=update_group,
        delete=delete_group,
    ),
)
