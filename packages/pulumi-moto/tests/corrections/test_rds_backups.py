from typing import Any

import boto3
import pytest

from emulated_account import refusal, refused
from pulumi_moto.clock import CLOCK
from pulumi_moto.corrections import rds_backups
from rds_fixtures import NAME, database, found


def snapshot(name: str = "first") -> Any:
    return boto3.client("rds").create_db_snapshot(
        DBInstanceIdentifier=NAME, DBSnapshotIdentifier=name
    )["DBSnapshot"]


def described(name: str = "first") -> tuple[str, int]:
    (one,) = boto3.client("rds").describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"]
    return one["Status"], one["PercentProgress"]


def test_a_snapshot_takes_time_while_the_instance_is_backing_up() -> None:
    database()
    made = snapshot()
    assert (made["Status"], made["PercentProgress"]) == ("creating", 0)
    assert found()["DBInstanceStatus"] == "backing-up"
    CLOCK.advance(rds_backups.SECONDS / 2)
    assert described() == ("creating", 50)
    CLOCK.advance(rds_backups.SECONDS / 2)
    assert described() == ("available", 100)
    assert found()["DBInstanceStatus"] == "available"


def test_another_meanwhile_is_refused_and_a_taken_name_too() -> None:
    database()
    snapshot()
    assert refused(snapshot, name="second") == "InvalidDBInstanceState"
    assert refused(snapshot) == "DBSnapshotAlreadyExists"


def test_manual_ones_have_a_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rds_backups, "QUOTA", 1)
    database()  # has an automated one, which does not count
    snapshot()
    CLOCK.advance(rds_backups.SECONDS)
    assert "more than 1 manual" in refusal(snapshot, name="second")


def test_an_automated_backup_has_a_restorable_window() -> None:
    database(BackupRetentionPeriod=7)
    rds = boto3.client("rds")
    resource = found()["DbiResourceId"]
    for params in ({"DBInstanceIdentifier": NAME}, {"DbiResourceId": resource}):
        (one,) = rds.describe_db_instance_automated_backups(**params)["DBInstanceAutomatedBackups"]
        assert one["RestoreWindow"]["LatestTime"] == found()["LatestRestorableTime"]
        assert one["RestoreWindow"]["EarliestTime"] <= one["RestoreWindow"]["LatestTime"]
        assert (one["DbiResourceId"], one["Status"]) == (resource, "active")


def test_without_retention_no_backups_are_retained() -> None:
    database(BackupRetentionPeriod=0)
    described = boto3.client("rds").describe_db_instance_automated_backups
    assert described()["DBInstanceAutomatedBackups"] == []
    assert described(DBInstanceIdentifier="other")["DBInstanceAutomatedBackups"] == []


@pytest.mark.parametrize(("deleted", "left"), [(True, []), (False, ["retained"])])
def test_automated_backups_outlive_their_instance_if_they_shall(
    deleted: bool, left: list[str]
) -> None:
    database(BackupRetentionPeriod=7)
    rds = boto3.client("rds")
    rds.delete_db_instance(
        DBInstanceIdentifier=NAME, SkipFinalSnapshot=True, DeleteAutomatedBackups=deleted
    )
    response = rds.describe_db_instance_automated_backups(DBInstanceIdentifier=NAME)
    assert [one["Status"] for one in response["DBInstanceAutomatedBackups"]] == left


def test_a_final_snapshot_needs_an_unused_name() -> None:
    rds = boto3.client("rds")
    for name, refusal_code in (("first", None), ("first", "DBSnapshotAlreadyExists")):
        database()
        params = {"DBInstanceIdentifier": NAME, "FinalDBSnapshotIdentifier": name}
        if refusal_code is None:
            rds.delete_db_instance(**params)
        else:
            assert refused(rds.delete_db_instance, **params) == refusal_code
            assert found()["DBInstanceStatus"] == "available"
