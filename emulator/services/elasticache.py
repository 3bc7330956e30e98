"""ElastiCache: replication groups, subnet groups and parameter groups."""

from functools import partial
from typing import Any

from emulator.row import Autoname, Change, Client, Props, Row, State
from emulator.services.missing import found_or_none, ignore_missing
from emulator.shapes import same_set, tag_dict, tag_list, without_empty

LONGEST_NAME = 255
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
    "numCacheClusters": "NumCacheClusters",
    "port": "Port",
    "subnetGroupName": "CacheSubnetGroupName",
    "atRestEncryptionEnabled": "AtRestEncryptionEnabled",
    "kmsKeyId": "KmsKeyId",
    "transitEncryptionEnabled": "TransitEncryptionEnabled",
}
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
    names = {**FIXED, **PLAIN}
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
        "numCacheClusters": len(found["MemberClusters"]),
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
    asked = {
        aws: change.new[prop]
        for prop, aws in PLAIN.items()
        if prop in change.keys and prop in change.new
    }
    if "description" in change.keys:
        asked["ReplicationGroupDescription"] = change.new["description"]
    if LOGS in change.keys:
        asked["LogDeliveryConfigurations"] = _logs_to_aws(change.new.get(LOGS, []))
    if "authToken" in change.keys:
        asked |= {"AuthToken": change.new["authToken"], "AuthTokenUpdateStrategy": "ROTATE"}
    if asked:
        client.modify_replication_group(
            ReplicationGroupId=name,
            ApplyImmediately=bool(change.new.get("applyImmediately")),
            **asked,
        )
    _retag(client, change)


def _retag(client: Client, change: Change) -> None:
    if "tags" not in change.keys:
        return
    arn = str(change.old["arn"])
    old, new = change.old.get("tags") or {}, change.new.get("tags") or {}
    if gone := [key for key in old if key not in new]:
        client.remove_tags_from_resource(ResourceName=arn, TagKeys=gone)
    if new:
        client.add_tags_to_resource(ResourceName=arn, Tags=tag_list(new))


def delete_group(client: Client, name: str, state: Props) -> None:
    if _group(client, name) is not None:
        final = {"FinalSnapshotIdentifier": state.get("finalSnapshotIdentifier")}
        client.delete_replication_group(ReplicationGroupId=name, **without_empty(final))


def create_subnets(client: Client, props: Props) -> str:
    client.create_cache_subnet_group(
        CacheSubnetGroupName=props["name"],
        CacheSubnetGroupDescription=props.get("description", "Managed by Pulumi"),
        SubnetIds=props["subnetIds"],
        Tags=tag_list(props.get("tags")),
    )
    return str(props["name"])


def read_subnets(client: Client, name: str) -> State | None:
    answer = found_or_none(partial(client.describe_cache_subnet_groups, CacheSubnetGroupName=name))
    if answer is None or not answer["CacheSubnetGroups"]:
        return None
    found = answer["CacheSubnetGroups"][0]
    return {
        "name": name,
        "description": found["CacheSubnetGroupDescription"],
        "subnetIds": [subnet["SubnetIdentifier"] for subnet in found["Subnets"]],
        "tags": tag_dict(client.list_tags_for_resource(ResourceName=found["ARN"])["TagList"]),
        "arn": found["ARN"],
    }


def update_subnets(client: Client, name: str, change: Change) -> None:
    if change.keys & {"subnetIds", "description"}:
        client.modify_cache_subnet_group(
            CacheSubnetGroupName=name,
            CacheSubnetGroupDescription=change.new.get("description", "Managed by Pulumi"),
            SubnetIds=change.new["subnetIds"],
        )
    _retag(client, change)


def create_parameters(client: Client, props: Props) -> str:
    name = str(props["name"])
    client.create_cache_parameter_group(
        CacheParameterGroupName=name,
        CacheParameterGroupFamily=props["family"],
        Description=props.get("description", "Managed by Pulumi"),
        Tags=tag_list(props.get("tags")),
    )
    _set_parameters(client, name, props)
    return name


def _set_parameters(client: Client, name: str, props: Props) -> None:
    values = [
        {"ParameterName": one["name"], "ParameterValue": one["value"]}
        for one in props.get("parameters", [])
    ]
    if values:
        client.modify_cache_parameter_group(
            CacheParameterGroupName=name, ParameterNameValues=values
        )


def read_parameters(client: Client, name: str) -> State | None:
    answer = found_or_none(
        partial(client.describe_cache_parameter_groups, CacheParameterGroupName=name)
    )
    if answer is None or not answer["CacheParameterGroups"]:
        return None
    found = answer["CacheParameterGroups"][0]
    listed = client.describe_cache_parameters(CacheParameterGroupName=name, Source="user")
    return {
        "name": name,
        "family": found["CacheParameterGroupFamily"],
        "description": found["Description"],
        "parameters": [
            {"name": one["ParameterName"], "value": one["ParameterValue"]}
            for one in listed["Parameters"]
        ],
        "tags": tag_dict(client.list_tags_for_resource(ResourceName=found["ARN"])["TagList"]),
        "arn": found["ARN"],
    }


def update_parameters(client: Client, name: str, change: Change) -> None:
    if "parameters" in change.keys:
        _set_parameters(client, name, change.new)
    _retag(client, change)


ROWS = (
    Row(
        token="aws:elasticache/replicationGroup:ReplicationGroup",
        client="elasticache",
        inputs=frozenset(
            {
                *FIXED,
                *PLAIN,
                *OF_THE_PROVIDER,
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
    Row(
        token="aws:elasticache/subnetGroup:SubnetGroup",
        client="elasticache",
        inputs=frozenset({"name", "description", "subnetIds", "tags.*"}),
        outputs=frozenset({"arn"}),
        replaces=frozenset({"name"}),
        same={"subnetIds": same_set},
        autoname=Autoname(longest=LONGEST_NAME, lower=True),
        create=create_subnets,
        read=read_subnets,
        update=update_subnets,
        delete=lambda client, name, _state: ignore_missing(
            lambda: client.delete_cache_subnet_group(CacheSubnetGroupName=name)
        ),
    ),
    Row(
        token="aws:elasticache/parameterGroup:ParameterGroup",
        client="elasticache",
        inputs=frozenset(
            {
                "name",
                "family",
                "description",
                "parameters.name",
                "parameters.value",
                "tags.*",
            }
        ),
        outputs=frozenset({"arn"}),
        replaces=frozenset({"name", "family", "description"}),
        same={"parameters": same_set},
        autoname=Autoname(longest=LONGEST_NAME, lower=True),
        create=create_parameters,
        read=read_parameters,
        update=update_parameters,
        delete=lambda client, name, _state: ignore_missing(
            lambda: client.delete_cache_parameter_group(CacheParameterGroupName=name)
        ),
    ),
)
