"""RDS: another major version of PostgreSQL."""

from typing import Any

import boto3
import pytest

from emulated_account import refusal, refused
from pulumi_moto.clock import CLOCK
from rds_fixtures import NAME, database, found, modify, parameter_group

WEEK = 7 * 24 * 3600


def snapshots() -> list[str]:
    response = boto3.client("rds").describe_db_snapshots(DBInstanceIdentifier=NAME)["DBSnapshots"]
    names = [one["DBSnapshotIdentifier"] for one in response]
    return [name for name in names if name.startswith("preupgrade-")]


def upgrade(**params: Any) -> Any:
    return modify(**{"EngineVersion": "17", "AllowMajorVersionUpgrade": True, **params})


def group() -> str:
    return str(found()["DBParameterGroups"][0]["DBParameterGroupName"])


def custom() -> None:
    parameter_group("sixteen", "postgres16")
    parameter_group("seventeen", "postgres17")
    database(DBParameterGroupName="sixteen")


def test_an_upgrade_is_allowed_in_so_many_words_or_refused() -> None:
    database()
    message = refusal(modify, EngineVersion="17", ApplyImmediately=True)
    assert "The AllowMajorVersionUpgrade flag must be present" in message
    assert found()["EngineVersion"].startswith("16")


def test_a_custom_group_is_exchanged_for_one_of_the_new_family() -> None:
    custom()
    assert "explicitly specify a new Parameter Group" in refusal(upgrade, ApplyImmediately=True)
    message = refusal(upgrade, DBParameterGroupName="sixteen", ApplyImmediately=True)
    assert "postgres17" in message
    upgrade(DBParameterGroupName="seventeen", ApplyImmediately=True)
    assert found()["EngineVersion"].startswith("17")
    assert group() == "seventeen"
    boto3.client("rds").delete_db_parameter_group(DBParameterGroupName="sixteen")


def test_the_default_group_is_deleted_with_it() -> None:
    database()
    upgrade(ApplyImmediately=True)
    assert group() == "default.postgres17"


@pytest.mark.parametrize("version", ["15", "16.0", "19"])
def test_a_downgrade_or_an_unavailable_version_is_refused(version: str) -> None:
    database(EngineVersion="16.4")
    assert "Cannot upgrade postgres from 16.4 to" in refusal(upgrade, EngineVersion=version)


def test_rds_takes_a_snapshot_before_an_upgrade_with_backups() -> None:
    database(BackupRetentionPeriod=1)
    upgrade(ApplyImmediately=True)
    (before,) = snapshots()
    assert before.startswith(f"preupgrade-{NAME}-16-8-to-17-4-")


def test_without_backups_no_snapshot_is_taken() -> None:
    database(BackupRetentionPeriod=0)
    upgrade(ApplyImmediately=True)
    assert snapshots() == []


def test_a_pending_upgrade_includes_its_group_and_keeps_both() -> None:
    custom()
    upgrade(DBParameterGroupName="seventeen")
    assert (found()["EngineVersion"], group()) == ("16.8", "sixteen")
    assert found()["PendingModifiedValues"] == {"EngineVersion": "17.4"}
    rds = boto3.client("rds")
    for name in ("sixteen", "seventeen"):
        code = refused(rds.delete_db_parameter_group, DBParameterGroupName=name)
        assert code == "InvalidDBParameterGroupState"
    CLOCK.advance(WEEK)
    assert (found()["EngineVersion"], group()) == ("17.4", "seventeen")


def test_an_instance_that_is_busy_is_not_upgraded() -> None:
    database()
    boto3.client("rds").create_db_snapshot(
        DBInstanceIdentifier=NAME, DBSnapshotIdentifier="by-hand"
    )
    assert refused(upgrade, ApplyImmediately=True) == "InvalidDBInstanceState"


def test_static_parameters_of_the_new_group_wait_for_a_reboot() -> None:
    custom()
    upgrade(DBParameterGroupName="seventeen", ApplyImmediately=True)
    rds = boto3.client("rds")
    assert found()["DBParameterGroups"][0]["ParameterApplyStatus"] == "pending-reboot"
    rds.reboot_db_instance(DBInstanceIdentifier=NAME)
    assert found()["DBParameterGroups"][0]["ParameterApplyStatus"] == "in-sync"
