"""RDS: instances, subnet groups and parameter groups."""

from functools import partial
from typing import Any

from emulator.row import Autoname, Change, Client, Props, Row, State
from emulator.services.missing import found_or_none, ignore_missing
from emulator.shapes import same_set, tag_dict, tag_list, without_empty

LONGEST_NAME = 255
PLAIN = {
    "instanceClass": "DBInstanceClass",
    "allocatedStorage": "AllocatedStorage",
    "maxAllocatedStorage": "MaxAllocatedStorage",
    "engineVersion": "EngineVersion",
    "multiAz": "MultiAZ",
    "backupRetentionPeriod": "BackupRetentionPeriod",
    "backupWindow": "PreferredBackupWindow",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "storageType": "StorageType",
    "copyTagsToSnapshot": "CopyTagsToSnapshot",
    "autoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "deletionProtection": "DeletionProtection",
    "publiclyAccessible": "PubliclyAccessible",
    "monitoringInterval": "MonitoringInterval",
    "monitoringRoleArn": "MonitoringRoleArn",
}
"""Inputs that can be modified and that RDS names alike in every call."""
INSIGHTS = {
    "performanceInsightsEnabled": "PerformanceInsightsEnabled",
    "performanceInsightsKmsKeyId": "PerformanceInsightsKMSKeyId",
    "performanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
}
"""`EnablePerformanceInsights` when asked, `PerformanceInsightsEnabled` when told."""
FIXED = {
    "identifier": "DBInstanceIdentifier",
    "engine": "Engine",
    "dbName": "DBName",
    "username": "MasterUsername",
    "storageEncrypted": "StorageEncrypted",
    "kmsKeyId": "KmsKeyId",
    "port": "Port",
}
"""Inputs whose change means a new instance."""
OF_THE_PROVIDER = frozenset({"applyImmediately", "skipFinalSnapshot", "finalSnapshotIdentifier"})
EXPORTS = "enabledCloudwatchLogsExports"


def _asked(props: Props, names: dict[str, str]) -> dict[str, Any]:
    return {aws: props[name] for name, aws in names.items() if props.get(name) is not None}


def _insights(props: Props) -> dict[str, Any]:
    asked = _asked(props, INSIGHTS)
    enabled = asked.pop("PerformanceInsightsEnabled", None)
    return asked if enabled is None else {**asked, "EnablePerformanceInsights": enabled}


def create_instance(rds: Client, props: Props) -> str:
    rds.create_db_instance(
        **_asked(props, FIXED),
        **_asked(props, PLAIN),
        **_insights(props),
        **without_empty(
            {
                "MasterUserPassword": props.get("password"),
                "DBSubnetGroupName": props.get("dbSubnetGroupName"),
                "VpcSecurityGroupIds": props.get("vpcSecurityGroupIds"),
                "DBParameterGroupName": props.get("parameterGroupName"),
                "EnableCloudwatchLogsExports": props.get(EXPORTS),
                "Tags": tag_list(props.get("tags")),
            }
        ),
    )
    return str(props["identifier"])


def _instance(rds: Client, identifier: str) -> dict[str, Any] | None:
    answer = found_or_none(partial(rds.describe_db_instances, DBInstanceIdentifier=identifier))
    return answer["DBInstances"][0] if answer else None


def read_instance(rds: Client, identifier: str) -> State | None:
    found = _instance(rds, identifier)
    if found is None:
        return None
    names = {**FIXED, **PLAIN, **INSIGHTS}
    state = {name: found[aws] for name, aws in names.items() if aws in found}
    endpoint = found["Endpoint"]
    return {
        **state,
        "port": endpoint["Port"],
        "dbSubnetGroupName": found["DBSubnetGroup"]["DBSubnetGroupName"],
        "vpcSecurityGroupIds": [g["VpcSecurityGroupId"] for g in found["VpcSecurityGroups"]],
        "parameterGroupName": found["DBParameterGroups"][0]["DBParameterGroupName"],
        EXPORTS: found.get("EnabledCloudwatchLogsExports", []),
        "tags": tag_dict(found.get("TagList")),
        "arn": found["DBInstanceArn"],
        "address": endpoint["Address"],
        "endpoint": f"{endpoint['Address']}:{endpoint['Port']}",
        "status": found["DBInstanceStatus"],
        "resourceId": found["DbiResourceId"],
    }


def update_instance(rds: Client, identifier: str, change: Change) -> None:
    new = {key: change.new[key] for key in change.keys if key in change.new}
    asked = {**_asked(new, PLAIN), **_insights(new)}
    asked |= without_empty(
        {
            "MasterUserPassword": new.get("password"),
            "VpcSecurityGroupIds": new.get("vpcSecurityGroupIds"),
            "DBParameterGroupName": new.get("parameterGroupName"),
        }
    )
    if EXPORTS in change.keys:
        old, wanted = set(change.old.get(EXPORTS) or []), set(change.new.get(EXPORTS) or [])
        asked["CloudwatchLogsExportConfiguration"] = {
            "EnableLogTypes": sorted(wanted - old),
            "DisableLogTypes": sorted(old - wanted),
        }
    if asked:
        rds.modify_db_instance(
            DBInstanceIdentifier=identifier,
            ApplyImmediately=bool(change.new.get("applyImmediately")),
            **asked,
        )
    _retag(rds, str(change.old["arn"]), change)


def _retag(rds: Client, arn: str, change: Change) -> None:
    if "tags" not in change.keys:
        return
    old, new = change.old.get("tags") or {}, change.new.get("tags") or {}
    if gone := [key for key in old if key not in new]:
        rds.remove_tags_from_resource(ResourceName=arn, TagKeys=gone)
    if new:
        rds.add_tags_to_resource(ResourceName=arn, Tags=tag_list(new))


def delete_instance(rds: Client, identifier: str, state: Props) -> None:
    """A final snapshot is taken unless it is skipped, as the provider asks for it."""
    if _instance(rds, identifier) is None:
        return
    if state.get("skipFinalSnapshot"):
        rds.delete_db_instance(DBInstanceIdentifier=identifier, SkipFinalSnapshot=True)
    else:
        rds.delete_db_instance(
            DBInstanceIdentifier=identifier,
            FinalDBSnapshotIdentifier=state["finalSnapshotIdentifier"],
        )


def same_version(old: str, new: str) -> bool:
    """A major version alone is satisfied by any minor one."""
    return old == new or old.startswith(f"{new}.")


def create_subnets(rds: Client, props: Props) -> str:
    rds.create_db_subnet_group(
        DBSubnetGroupName=props["name"],
        DBSubnetGroupDescription=props.get("description", "Managed by Pulumi"),
        SubnetIds=props["subnetIds"],
        Tags=tag_list(props.get("tags")),
    )
    return str(props["name"])


def read_subnets(rds: Client, name: str) -> State | None:
    answer = found_or_none(partial(rds.describe_db_subnet_groups, DBSubnetGroupName=name))
    if answer is None:
        return None
    found = answer["DBSubnetGroups"][0]
    arn = found["DBSubnetGroupArn"]
    return {
        "name": name,
        "description": found["DBSubnetGroupDescription"],
        "subnetIds": [subnet["SubnetIdentifier"] for subnet in found["Subnets"]],
        "tags": tag_dict(rds.list_tags_for_resource(ResourceName=arn)["TagList"]),
        "arn": arn,
    }


def update_subnets(rds: Client, name: str, change: Change) -> None:
    if change.keys & {"subnetIds", "description"}:
        rds.modify_db_subnet_group(
            DBSubnetGroupName=name,
            DBSubnetGroupDescription=change.new.get("description", "Managed by Pulumi"),
            SubnetIds=change.new["subnetIds"],
        )
    _retag(rds, str(change.old["arn"]), change)


def create_parameters(rds: Client, props: Props) -> str:
    name = str(props["name"])
    rds.create_db_parameter_group(
        DBParameterGroupName=name,
        DBParameterGroupFamily=props["family"],
        Description=props.get("description", "Managed by Pulumi"),
        Tags=tag_list(props.get("tags")),
    )
    _set_parameters(rds, name, props)
    return name


def _set_parameters(rds: Client, name: str, props: Props) -> None:
    parameters = [
        {
            "ParameterName": parameter["name"],
            "ParameterValue": parameter["value"],
            "ApplyMethod": parameter.get("applyMethod", "immediate"),
        }
        for parameter in props.get("parameters", [])
    ]
    if parameters:
        rds.modify_db_parameter_group(DBParameterGroupName=name, Parameters=parameters)


def read_parameters(rds: Client, name: str) -> State | None:
    answer = found_or_none(partial(rds.describe_db_parameter_groups, DBParameterGroupName=name))
    if answer is None or not answer["DBParameterGroups"]:
        return None
    found = answer["DBParameterGroups"][0]
    arn = found["DBParameterGroupArn"]
    listed = rds.describe_db_parameters(DBParameterGroupName=name)["Parameters"]
    return {
        "name": name,
        "family": found["DBParameterGroupFamily"],
        "description": found["Description"],
        "parameters": [
            {
                "name": one["ParameterName"],
                "value": one["ParameterValue"],
                "applyMethod": one["ApplyMethod"],
            }
            for one in listed
            if "ParameterValue" in one and "ApplyMethod" in one
        ],
        "tags": tag_dict(rds.list_tags_for_resource(ResourceName=arn)["TagList"]),
        "arn": arn,
    }


def update_parameters(rds: Client, name: str, change: Change) -> None:
    if "parameters" in change.keys:
        wanted = {one["name"] for one in change.new.get("parameters", [])}
        gone = [one for one in change.old.get("parameters", []) if one["name"] not in wanted]
        if gone:
            rds.reset_db_parameter_group(
                DBParameterGroupName=name,
                Parameters=[
                    {"ParameterName": one["name"], "ApplyMethod": "pending-reboot"} for one in gone
                ],
            )
        _set_parameters(rds, name, change.new)
    _retag(rds, str(change.old["arn"]), change)


ROWS = (
    Row(
        token="aws:rds/instance:Instance",
        client="rds",
        inputs=frozenset(
            {
                *FIXED,
                *PLAIN,
                *INSIGHTS,
                *OF_THE_PROVIDER,
                "password",
                "dbSubnetGroupName",
                "vpcSecurityGroupIds",
                "parameterGroupName",
                EXPORTS,
                "tags.*",
            }
        ),
        outputs=frozenset({"arn", "address", "endpoint", "status", "resourceId"}),
        replaces=frozenset({*FIXED, "dbSubnetGroupName"}),
        write_only=frozenset({"password", *OF_THE_PROVIDER}),
        same={
            "engineVersion": same_version,
            "vpcSecurityGroupIds": same_set,
            EXPORTS: same_set,
        },
        create=create_instance,
        read=read_instance,
        update=update_instance,
        delete=delete_instance,
    ),
    Row(
        token="aws:rds/subnetGroup:SubnetGroup",
        client="rds",
        inputs=frozenset({"name", "description", "subnetIds", "tags.*"}),
        outputs=frozenset({"arn"}),
        replaces=frozenset({"name"}),
        same={"subnetIds": same_set},
        autoname=Autoname(longest=LONGEST_NAME, lower=True),
        create=create_subnets,
        read=read_subnets,
        update=update_subnets,
        delete=lambda rds, name, _state: ignore_missing(
            lambda: rds.delete_db_subnet_group(DBSubnetGroupName=name)
        ),
    ),
    Row(
        token="aws:rds/parameterGroup:ParameterGroup",
        client="rds",
        inputs=frozenset(
            {
                "name",
                "family",
                "description",
                "parameters.name",
                "parameters.value",
                "parameters.applyMethod",
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
        delete=lambda rds, name, _state: ignore_missing(
            lambda: rds.delete_db_parameter_group(DBParameterGroupName=name)
        ),
    ),
)
