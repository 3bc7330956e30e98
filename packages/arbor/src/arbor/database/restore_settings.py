"""Arguments that give a restored instance the settings of its source.

A restore to a point in time inherits class, port, engine, data and encryption. Other settings have
defaults: one zone, and the default network, security group and parameter group.
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceToPointInTime.html
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_rds.type_defs import DBInstanceTypeDef

STRIPED_GIB = 400
"""From this size, PostgreSQL on gp3 accepts Iops and StorageThroughput; below, RDS refuses them:
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage"""
PERFORMANCE_INSIGHTS = ("PerformanceInsightsKMSKeyId", "PerformanceInsightsRetentionPeriod")
INHERITED = (
    "MultiAZ",
    "PubliclyAccessible",
    "AutoMinorVersionUpgrade",
    "CopyTagsToSnapshot",
    "DeletionProtection",
    "DBInstanceClass",
    "StorageType",
    "NetworkType",
    "CACertificateIdentifier",
    "DedicatedLogVolume",
    "EngineLifecycleSupport",
)
"""Same name in the description and in the restore's arguments."""
MODIFIED_LATER = {
    "BackupRetentionPeriod": "BackupRetentionPeriod",
    "PreferredBackupWindow": "PreferredBackupWindow",
    "PreferredMaintenanceWindow": "PreferredMaintenanceWindow",
    "PerformanceInsightsEnabled": "EnablePerformanceInsights",
    "PerformanceInsightsKMSKeyId": "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
}
"""Name in the description: argument of a change. A restore doesn't accept these, or resets them.

Enhanced monitoring is excluded: its role trusts the instance with the stack's name only, so the
cut-over switches it on."""


def restore_arguments(source: "DBInstanceTypeDef") -> dict[str, Any]:
    """Arguments of RestoreDBInstanceToPointInTime for a copy with the settings of `source`."""
    described: dict[str, Any] = {**source}
    arguments = {name: described[name] for name in INHERITED if name in described}
    arguments |= {
        "Port": source["Endpoint"]["Port"],
        "DBSubnetGroupName": source["DBSubnetGroup"]["DBSubnetGroupName"],
        "VpcSecurityGroupIds": [one["VpcSecurityGroupId"] for one in source["VpcSecurityGroups"]],
        "DBParameterGroupName": source["DBParameterGroups"][0]["DBParameterGroupName"],
        "EnableCloudwatchLogsExports": source.get("EnabledCloudwatchLogsExports", []),
        "EnableIAMDatabaseAuthentication": source.get("IAMDatabaseAuthenticationEnabled", False),
        "Tags": [one for one in source.get("TagList", []) if not one["Key"].startswith("aws:")],
    }
    for group in source.get("OptionGroupMemberships", []):
        if not group["OptionGroupName"].startswith("default:"):
            arguments["OptionGroupName"] = group["OptionGroupName"]
    size = source["AllocatedStorage"]
    if source.get("MaxAllocatedStorage", size) > size:
        arguments["MaxAllocatedStorage"] = source["MaxAllocatedStorage"]
    kind = source.get("StorageType", "")
    if kind.startswith("io") or (kind == "gp3" and size >= STRIPED_GIB):
        names = ("Iops", "StorageThroughput") if kind == "gp3" else ("Iops",)
        arguments |= {name: described[name] for name in names if name in described}
    return arguments


def modify_arguments(source: "DBInstanceTypeDef", copy: "DBInstanceTypeDef") -> dict[str, Any]:
    """Arguments of ModifyDBInstance for the settings that `copy` lacks; empty if it has all."""
    wanted: dict[str, Any] = {**source}
    actual: dict[str, Any] = {**copy}
    arguments = {
        argument: wanted[name]
        for name, argument in MODIFIED_LATER.items()
        if wanted.get(name) is not None and wanted[name] != actual.get(name)
    }
    if not source.get("PerformanceInsightsEnabled"):
        # RDS refuses the details while Performance Insights is off.
        for name in PERFORMANCE_INSIGHTS:
            arguments.pop(name, None)
    elif "EnablePerformanceInsights" in arguments:
        arguments |= {name: wanted[name] for name in PERFORMANCE_INSIGHTS if name in wanted}
    return arguments
