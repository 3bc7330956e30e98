from typing import Any

import boto3
import pytest

from emulated_account import refusal, refused
from rds_fixtures import NAME, database, found, modify, parameter_group


@pytest.mark.parametrize("bad", ["with/slash", "with@sign", 'with"quote', "with space", "short"])
def test_a_password_that_rds_cannot_take_is_refused(bad: str) -> None:
    assert refused(database, MasterUserPassword=bad) == "InvalidParameterValue"
    database()
    assert refused(modify, MasterUserPassword=bad) == "InvalidParameterValue"


def test_a_parameter_group_of_another_family_is_refused() -> None:
    parameter_group("old", "postgres15")
    assert refused(database, DBParameterGroupName="old") == "InvalidParameterCombination"
    database()
    assert refused(modify, DBParameterGroupName="old") == "InvalidParameterCombination"


@pytest.mark.parametrize("bad", ["db.t9.large", "db.t4g.mega", "t4g.micro", "db.m5.xxlarge"])
def test_a_class_that_rds_does_not_offer_is_refused(bad: str) -> None:
    words = f"InvalidParameterValue: Invalid DB Instance class: {bad}"
    assert refusal(database, DBInstanceClass=bad) == words
    database()
    assert refusal(modify, DBInstanceClass=bad, ApplyImmediately=True) == words


@pytest.mark.parametrize("days", [-1, 36])
def test_a_retention_outside_of_0_to_35_days_is_refused(days: int) -> None:
    assert refused(database, BackupRetentionPeriod=days) == "InvalidParameterValue"
    database()
    assert refused(modify, BackupRetentionPeriod=days) == "InvalidParameterValue"


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ("3:00-4:00", "Invalid backup window format"),
        ("03:00-24:30", "Invalid backup window format"),
        ("sun:03:00-sun:04:00", "Invalid backup window format"),
        ("03:00-03:29", "The backup window must be at least 30 minutes."),
        ("23:50-00:10", "The backup window must be at least 30 minutes."),
        ("05:30-06:30", "The backup window and maintenance window must not overlap."),
    ],
)
def test_a_backup_window_that_rds_cannot_keep_is_refused(window: str, words: str) -> None:
    params = {"PreferredBackupWindow": window, "PreferredMaintenanceWindow": "sun:05:00-sun:06:00"}
    assert f"InvalidParameterValue: {words}" in refusal(database, **params)
    database()
    assert f"InvalidParameterValue: {words}" in refusal(modify, **params)


@pytest.mark.parametrize("window", ["sun:05:00-sun:05:20", "sun:05:00", "xyz:05:00-xyz:06:00"])
def test_a_maintenance_window_that_rds_cannot_keep_is_refused(window: str) -> None:
    assert refused(database, PreferredMaintenanceWindow=window) == "InvalidParameterValue"


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"AllocatedStorage": 10, "StorageType": "gp3"}, "Invalid storage size"),
        ({"MaxAllocatedStorage": 20}, "Max storage size must be greater than storage size"),
        ({"MaxAllocatedStorage": 21}, "must be increased by at least 10 percent"),
    ],
)
def test_storage_too_small_or_with_nowhere_to_grow_to_is_refused(
    params: dict[str, Any], words: str
) -> None:
    assert words in refusal(database, **params)
    database(MaxAllocatedStorage=22)


def test_a_log_that_postgres_does_not_write_is_refused() -> None:
    words = "You cannot use the log types 'audit'"
    assert words in refusal(database, EnableCloudwatchLogsExports=["audit", "postgresql"])
    database()
    wanted = {"EnableLogTypes": ["audit"]}
    assert words in refusal(modify, CloudwatchLogsExportConfiguration=wanted)


def test_performance_insights_and_the_network_type_are_kept() -> None:
    database(
        EnablePerformanceInsights=True,
        PerformanceInsightsRetentionPeriod=7,
        PerformanceInsightsKMSKeyId="key",
        NetworkType="IPV4",
    )
    assert found()["PerformanceInsightsEnabled"] is True
    assert found()["PerformanceInsightsRetentionPeriod"] == 7
    assert found()["PerformanceInsightsKMSKeyId"] == "key"
    assert found()["NetworkType"] == "IPV4"


def test_each_instance_has_a_resource_id_of_its_own_and_is_found_by_it() -> None:
    first, second = (
        database(DBInstanceIdentifier=name)["DbiResourceId"] for name in ("one", "two")
    )
    assert first != second
    (response,) = boto3.client("rds").describe_db_instances(
        Filters=[{"Name": "dbi-resource-id", "Values": [second]}]
    )["DBInstances"]
    assert response["DBInstanceIdentifier"] == "two"


def test_a_plain_instance_cannot_be_promoted() -> None:
    database()
    promote = boto3.client("rds").promote_read_replica
    assert refused(promote, DBInstanceIdentifier=NAME) == "InvalidDBInstanceState"


def test_an_instance_is_deleted_with_a_final_snapshot_or_expressly_without() -> None:
    rds = boto3.client("rds")
    database()
    delete = rds.delete_db_instance
    assert refused(delete, DBInstanceIdentifier=NAME) == "InvalidParameterCombination"
    both = {"SkipFinalSnapshot": True, "FinalDBSnapshotIdentifier": "last"}
    assert refused(delete, DBInstanceIdentifier=NAME, **both) == "InvalidParameterCombination"
    delete(DBInstanceIdentifier=NAME, FinalDBSnapshotIdentifier="last")
    (last,) = rds.describe_db_snapshots(DBSnapshotIdentifier="last")["DBSnapshots"]
    assert last["DBInstanceIdentifier"] == NAME
    database()
    taken = {"DBInstanceIdentifier": NAME, "FinalDBSnapshotIdentifier": "last"}
    assert refused(delete, **taken) == "DBSnapshotAlreadyExists"
    delete(DBInstanceIdentifier=NAME, SkipFinalSnapshot=True)
    assert rds.describe_db_instances()["DBInstances"] == []


def test_a_protected_instance_is_not_deleted() -> None:
    database(DeletionProtection=True)
    delete = boto3.client("rds").delete_db_instance
    params = {"DBInstanceIdentifier": NAME, "SkipFinalSnapshot": True}
    assert refused(delete, **params) == "InvalidParameterCombination"


def groups() -> dict[str, int | None]:
    response = boto3.client("logs").describe_log_groups()["logGroups"]
    return {group["logGroupName"]: group.get("retentionInDays") for group in response}


def test_rds_makes_the_log_groups_it_misses_without_retention() -> None:
    logs = boto3.client("logs")
    prefix = f"/aws/rds/instance/{NAME}"
    logs.create_log_group(logGroupName=f"{prefix}/postgresql")
    logs.put_retention_policy(logGroupName=f"{prefix}/postgresql", retentionInDays=30)
    database(EnableCloudwatchLogsExports=["postgresql", "iam-db-auth-error"])
    made = {f"{prefix}/postgresql": 30, f"{prefix}/iam-db-auth-error": None}
    assert groups() == made
    modify(CloudwatchLogsExportConfiguration={"EnableLogTypes": ["upgrade"]})
    assert groups() == {**made, f"{prefix}/upgrade": None}
    modify(NewDBInstanceIdentifier="renamed", ApplyImmediately=True)
    assert groups().keys() >= {
        "/aws/rds/instance/renamed/postgresql",
        "/aws/rds/instance/renamed/upgrade",
    }
