"""RDS: instances."""

import re

from pulumi_moto.row import Change, Client, Props, Row, State, fields
from pulumi_moto.services.equivalence import same_text
from pulumi_moto.services.missing import found_or_none
from pulumi_moto.services.resource_tags import retag
from pulumi_moto.shapes import Members, capitalized, same_set, tag_dict, tag_list, without_empty

RESOURCE_ID = re.compile(r"db-[0-9A-Z]{2,255}")
"""The provider's id of an instance; an import may use its identifier instead."""
PLAIN = capitalized(
    "allocatedStorage maxAllocatedStorage engineVersion backupRetentionPeriod storageType "
    "copyTagsToSnapshot autoMinorVersionUpgrade deletionProtection publiclyAccessible "
    "monitoringInterval monitoringRoleArn",
    instanceClass="DBInstanceClass",
    multiAz="MultiAZ",
    backupWindow="PreferredBackupWindow",
    maintenanceWindow="PreferredMaintenanceWindow",
)
"""Modifiable inputs with the same name in all RDS calls."""
INSIGHTS = {
    "performanceInsightsEnabled": "PerformanceInsightsEnabled",
    "performanceInsightsKmsKeyId": "PerformanceInsightsKMSKeyId",
    "performanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
}
"""RDS's names in responses; the parameter of the first is `EnablePerformanceInsights`."""
FIXED = {
    "engine": "Engine",
    "dbName": "DBName",
    "username": "MasterUsername",
    "storageEncrypted": "StorageEncrypted",
    "kmsKeyId": "KmsKeyId",
}
"""Inputs whose change replaces the instance."""
RENAMED = {
    "identifier": ("DBInstanceIdentifier", "NewDBInstanceIdentifier"),
    "port": ("Port", "DBPortNumber"),
    "dbSubnetGroupName": ("DBSubnetGroupName", "DBSubnetGroupName"),
}
"""Inputs with one name in create_db_instance and another in modify_db_instance."""
COMPUTED = fields(
    "allocatedStorage applyImmediately backupRetentionPeriod backupWindow dbName "
    "dbSubnetGroupName engine engineVersion identifier kmsKeyId maintenanceWindow "
    "monitoringRoleArn multiAz parameterGroupName performanceInsightsKmsKeyId "
    "performanceInsightsRetentionPeriod port storageType username vpcSecurityGroupIds"
)
"""Inputs that keep their value when the program removes them."""
OF_THE_PROVIDER = fields(
    "allowMajorVersionUpgrade applyImmediately deleteAutomatedBackups finalSnapshotIdentifier "
    "skipFinalSnapshot"
)
"""Inputs whose change alone makes no call: resourceInstanceUpdate in terraform-provider-aws
(internal/service/rds/instance.go) does not send them."""
EXPORTS = "enabledCloudwatchLogsExports"


def _params(props: Props, names: dict[str, str]) -> Members:
    return {aws: props[name] for name, aws in names.items() if props.get(name) is not None}


def _insights(props: Props) -> Members:
    params = _params(props, INSIGHTS)
    enabled = params.pop("PerformanceInsightsEnabled", None)
    return params if enabled is None else {**params, "EnablePerformanceInsights": enabled}


def create_instance(rds: Client, props: Props) -> str:
    answer = rds.create_db_instance(
        **_params(props, FIXED),
        **_params(props, {name: made for name, (made, _) in RENAMED.items()}),
        **_params(props, PLAIN),
        **_insights(props),
        **without_empty(
            {
                "MasterUserPassword": props.get("password"),
                "VpcSecurityGroupIds": props.get("vpcSecurityGroupIds"),
                "DBParameterGroupName": props.get("parameterGroupName"),
                "EnableCloudwatchLogsExports": props.get(EXPORTS),
                "Tags": tag_list(props.get("tags")),
            }
        ),
    )
    return str(answer["DBInstance"]["DbiResourceId"])


def _instance(rds: Client, physical_id: str) -> Members | None:
    named: Members = {"DBInstanceIdentifier": physical_id}
    if RESOURCE_ID.fullmatch(physical_id):
        named = {"Filters": [{"Name": "dbi-resource-id", "Values": [physical_id]}]}
    answer = found_or_none(rds.describe_db_instances, **named)
    return answer["DBInstances"][0] if answer and answer["DBInstances"] else None


def read_instance(rds: Client, physical_id: str) -> State | None:
    found = _instance(rds, physical_id)
    if found is None:
        return None
    names = {**FIXED, **PLAIN, **INSIGHTS}
    state = {name: found[aws] for name, aws in names.items() if aws in found}
    endpoint = found["Endpoint"]
    return {
        **state,
        "identifier": found["DBInstanceIdentifier"],
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


def update_instance(rds: Client, physical_id: str, change: Change) -> None:
    found = _instance(rds, physical_id)
    if found is None:
        raise LookupError(f"RDS DB Instance ({physical_id}) not found")
    # Before a change of the name, which is part of the ARN.
    retag(rds, str(found["DBInstanceArn"]), change)
    new = {key: change.new[key] for key in change.keys if key in change.new}
    params = {
        **_params(new, PLAIN),
        **_params(new, {name: modified for name, (_, modified) in RENAMED.items()}),
        **_insights(new),
    }
    params |= without_empty(
        {
            "MasterUserPassword": new.get("password"),
            "VpcSecurityGroupIds": new.get("vpcSecurityGroupIds"),
            "DBParameterGroupName": new.get("parameterGroupName"),
        }
    )
    if EXPORTS in change.keys:
        old, wanted = set(change.old.get(EXPORTS) or []), set(change.new.get(EXPORTS) or [])
        params["CloudwatchLogsExportConfiguration"] = {
            "EnableLogTypes": sorted(wanted - old),
            "DisableLogTypes": sorted(old - wanted),
        }
    if "EngineVersion" in params:
        params["AllowMajorVersionUpgrade"] = bool(change.new.get("allowMajorVersionUpgrade"))
    if params:
        rds.modify_db_instance(
            DBInstanceIdentifier=found["DBInstanceIdentifier"],
            ApplyImmediately=bool(change.new.get("applyImmediately")),
            **params,
        )


def delete_instance(rds: Client, physical_id: str, state: Props) -> None:
    """Delete with a final snapshot unless it is skipped; RDS requires a name for it."""
    found = _instance(rds, physical_id)
    if found is None:
        return
    if state.get("skipFinalSnapshot"):
        snapshot: Members = {"SkipFinalSnapshot": True}
    else:
        snapshot = without_empty(
            {"FinalDBSnapshotIdentifier": state.get("finalSnapshotIdentifier")}
        )
    rds.delete_db_instance(
        DBInstanceIdentifier=found["DBInstanceIdentifier"],
        DeleteAutomatedBackups=bool(state.get("deleteAutomatedBackups", True)),
        **snapshot,
    )


def same_version(old: str, new: str) -> bool:
    """Compare versions; a major version alone matches each minor one."""
    return old == new or old.startswith(f"{new}.")


def has_grown(state: Props, new: Props) -> bool:
    """Return whether storage autoscaling has grown the storage."""
    params, longest = new.get("allocatedStorage"), new.get("maxAllocatedStorage") or 0
    if not isinstance(params, int | float) or isinstance(longest, str):
        return False
    return bool(state.get("allocatedStorage", 0) > params and longest > params)


def does_not_grow(state: Props, new: Props) -> bool:
    """A limit equal to the size disables autoscaling, and RDS then returns no limit."""
    longest = new.get("maxAllocatedStorage")
    return not state.get("maxAllocatedStorage") and longest == new.get("allocatedStorage")


ROWS = (
    Row(
        token="aws:rds/instance:Instance",
        client="rds",
        source="internal/service/rds/instance.go",
        inputs=fields("password vpcSecurityGroupIds parameterGroupName tags.*")
        | {*FIXED, *PLAIN, *INSIGHTS, *OF_THE_PROVIDER, *RENAMED, EXPORTS},
        outputs=fields("arn address endpoint status resourceId"),
        replaces=frozenset(FIXED),
        computed=COMPUTED,
        write_only=fields("password") | {*OF_THE_PROVIDER},
        same={
            "engine": same_text,
            "engineVersion": same_version,
            "maintenanceWindow": same_text,
            "vpcSecurityGroupIds": same_set,
            EXPORTS: same_set,
        },
        suppresses={"allocatedStorage": has_grown, "maxAllocatedStorage": does_not_grow},
        create=create_instance,
        read=read_instance,
        update=update_instance,
        imported_id=lambda state: str(state["resourceId"]),
        delete=delete_instance,
    ),
)
