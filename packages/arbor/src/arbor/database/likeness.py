"""What an instance must be asked for to be as another one.

A restore to a point in time inherits class, port, engine, data and encryption. For the rest it has
defaults of its own: one zone, and the default network, security group and parameter group.
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceToPointInTime.html
"""

from typing import Any

STRIPED_GIB = 400
"""From here on gp3 of PostgreSQL takes a number of operations; below RDS refuses any:
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage"""
ALIKE = (
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
"""Called the same when it is asked for as when it is told."""
AFTERWARDS = {
    "BackupRetentionPeriod": "BackupRetentionPeriod",
    "PreferredBackupWindow": "PreferredBackupWindow",
    "PreferredMaintenanceWindow": "PreferredMaintenanceWindow",
    "PerformanceInsightsEnabled": "EnablePerformanceInsights",
    "PerformanceInsightsKMSKeyId": "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
}
"""As told, and as a change asks for it: what a restore doesn't take, or not for long.

Enhanced monitoring is not among them: its role trusts the instance of the stack's name alone, so it
has to wait for the cut-over."""


def asked(source: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a restore that make the copy as `source` is."""
    found = {name: source[name] for name in ALIKE if name in source}
    found |= {
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
            found["OptionGroupName"] = group["OptionGroupName"]
    size = source["AllocatedStorage"]
    if source.get("MaxAllocatedStorage", size) > size:
        found["MaxAllocatedStorage"] = source["MaxAllocatedStorage"]
    kind = source.get("StorageType", "")
    if kind.startswith("io") or (kind == "gp3" and size >= STRIPED_GIB):
        names = ("Iops", "StorageThroughput") if kind == "gp3" else ("Iops",)
        found |= {name: source[name] for name in names if name in source}
    return found


def missing(source: dict[str, Any], copy: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a change that makes `copy` as `source`, in what a restore left out."""
    different = {
        to: source[told]
        for told, to in AFTERWARDS.items()
        if source.get(told) is not None and source[told] != copy.get(told)
    }
    if not source.get("PerformanceInsightsEnabled"):
        # RDS refuses their details where they are off.
        for name in ("PerformanceInsightsKMSKeyId", "PerformanceInsightsRetentionPeriod"):
            different.pop(name, None)
    elif "EnablePerformanceInsights" in different:
        for name in ("PerformanceInsightsKMSKeyId", "PerformanceInsightsRetentionPeriod"):
            if name in source:
                different[name] = source[name]
    return different
