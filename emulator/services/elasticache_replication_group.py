"""ElastiCache: replication groups."""

from collections.abc import Callable
from functools import partial
from typing import Any

from emulator.row import Change, Client, Props, Row, State
from emulator.services.missing import found_or_none
from emulator.services.resource_tags import retag
from emulator.shapes import same_set, tag_dict, tag_list, without_empty

PLAIN = {
    "engineVersion": "EngineVersion",
    "nodeType": "CacheNodeType",
    "automaticFailoverEnabled": "AutomaticFailoverEnabled",
    "multiAzEnabled": "MultiAZEnabled",
    "snapshotRetentionLimit": "SnapshotRetentionLimit",
    "snapshotWindow": "SnapshotWindow",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "autoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "parameterGroupName": "CacheParameterGroupName",
    "securityGroupIds": "SecurityGroupIds",
}
FIXED = {
    "replicationGroupId": "ReplicationGroupId",
    "engine": "Engine",
    "port": "Port",
    "subnetGroupName": "CacheSubnetGroupName",
    "atRestEncryptionEnabled": "AtRestEncryptionEnabled",
    "kmsKeyId": "KmsKeyId",
    "transitEncryptionEnabled": "TransitEncryptionEnabled",
}
NODES = "numCacheClusters"
OF_THE_PROVIDER = frozenset({"applyImmediately", "finalSnapshotIdentifier"})
LOGS = "logDeliveryConfigurations"
ON = {"enabled", "enabling"}


def _logs_to_aws(logs: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [
        {
            "LogType": log["logType"],
            "LogFormat": log["logFormat"],
            "DestinationType": log["destinationType"],
            "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": log["destination"]}},
        }
        for log in logs
    ]


def _logs_from_aws(logs: list[dict[str, Any]]) -> list[dict[str, str]]:
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


def _group(client: Client, name: str) -> dict[str, Any] | None:
    answer = found_or_none(partial(client.describe_replication_groups, ReplicationGroupId=name))
    return answer["ReplicationGroups"][0] if answer else None


def read_group(client: Client, name: str) -> State | None:
    found = _group(client, name)
    if found is None:
        return None
    member = client.describe_cache_clusters(CacheClusterId=found["MemberClusters"][0])
    node = member["CacheClusters"][0]
    endpoint = found["NodeGroups"][0]["PrimaryEndpoint"]
    reader = found["NodeGroups"][0].get("ReaderEndpoint", endpoint)
    return {
        "replicationGroupId": name,
        "description": found["Description"],
        "engine": node["Engine"],
        "engineVersion": node["EngineVersion"],
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
    """In the provider's order: failover needs its second node before, and until after."""
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


def _set_replicas(call: Callable[..., Any], name: str, nodes: float) -> None:
    """At once, whatever the program says: ElastiCache does it in no other way."""
    call(ReplicationGroupId=name, NewReplicaCount=int(nodes) - 1, ApplyImmediately=True)


def _modify(client: Client, name: str, change: Change) -> None:
    asked = {
        aws: change.new[prop]
        for prop, aws in PLAIN.items()
        if prop in change.keys and prop in change.new
    }
    if "description" in change.keys:
        asked["ReplicationGroupDescription"] = change.new["description"]
    if LOGS in change.keys:
        asked["LogDeliveryConfigurations"] = _logs_to_aws(change.new.get(LOGS, []))
    if asked:
        client.modify_replication_group(
            ReplicationGroupId=name,
            ApplyImmediately=bool(change.new.get("applyImmediately")),
            **asked,
        )


def delete_group(client: Client, name: str, state: Props) -> None:
    if _group(client, name) is not None:
        final = {"FinalSnapshotIdentifier": state.get("finalSnapshotIdentifier")}
        client.delete_replication_group(ReplicationGroupId=name, **without_empty(final))


ROWS = (
    Row(
        token="aws:elasticache/replicationGroup:ReplicationGroup",
        client="elasticache",
        inputs=frozenset(
            {
                *FIXED,
                *PLAIN,
                *OF_THE_PROVIDER,
                NODES,
                "description",
                "authToken",
                *(
                    f"{LOGS}.{key}"
                    for key in ("logType", "logFormat", "destinationType", "destination")
                ),
                "tags.*",
            }
        ),
        outputs=frozenset({"arn", "primaryEndpointAddress", "readerEndpointAddress"}),
        replaces=frozenset(FIXED),
        write_only=frozenset({"authToken", *OF_THE_PROVIDER}),
        same={"securityGroupIds": same_set, LOGS: same_set},
        create=create_group,
        read=read_group,
        update=update_group,
        delete=delete_group,
    ),
)
