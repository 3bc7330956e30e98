from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from emulated_account import create_network, refusal, refused
from pulumi_moto.clock import CLOCK
from pulumi_moto.corrections.rds_windows import next_start
from rds_fixtures import NAME, database, found, modify, parameter_group, subnet_group

WEEK = 7 * 24 * 3600


@pytest.mark.parametrize(
    ("params", "before"),
    [
        ({"DBInstanceClass": "db.t4g.small"}, "db.t4g.micro"),
        ({"AllocatedStorage": 30}, 20),
        ({"MultiAZ": True}, False),
        ({"EngineVersion": "16.9"}, "16.8"),
        ({"StorageType": "gp3"}, "gp2"),
    ],
)
def test_a_change_with_an_outage_waits_for_the_maintenance_window(
    params: dict[str, Any], before: object
) -> None:
    ((name, wanted),) = params.items()
    database()
    response = modify(**params)
    assert (response[name], response["PendingModifiedValues"]) == (before, params)
    assert (found()[name], found()["PendingModifiedValues"]) == (before, params)
    CLOCK.advance(WEEK)
    assert (found()[name], found()["PendingModifiedValues"]) == (wanted, {})


def test_apply_immediately_applies_pending_changes_too() -> None:
    database()
    modify(DBInstanceClass="db.t4g.small")
    response = modify(MultiAZ=True, ApplyImmediately=True)
    assert response["PendingModifiedValues"] == {}
    assert (response["DBInstanceClass"], response["MultiAZ"]) == ("db.t4g.small", True)


def test_requesting_the_current_value_cancels_a_pending_change() -> None:
    database()
    modify(DBInstanceClass="db.t4g.small")
    assert modify(DBInstanceClass="db.t4g.micro")["PendingModifiedValues"] == {}
    CLOCK.advance(WEEK)
    assert found()["DBInstanceClass"] == "db.t4g.micro"


@pytest.mark.parametrize(
    ("params", "name", "value"),
    [
        ({"DBPortNumber": 5433}, "DbInstancePort", 5433),
        (
            {"PreferredMaintenanceWindow": "mon:05:00-mon:06:00"},
            "PreferredMaintenanceWindow",
            "mon:05:00-mon:06:00",
        ),
        ({"BackupRetentionPeriod": 14}, "BackupRetentionPeriod", 14),
        ({"DeletionProtection": True}, "DeletionProtection", True),
        ({"MaxAllocatedStorage": 100}, "MaxAllocatedStorage", 100),
    ],
)
def test_a_change_without_an_outage_is_applied_at_once(
    params: dict[str, Any], name: str, value: object
) -> None:
    database()
    assert modify(**params)["PendingModifiedValues"] == {}
    assert found()[name] == value


def test_turning_backups_off_waits() -> None:
    database(BackupRetentionPeriod=7)
    modify(BackupRetentionPeriod=0)
    assert found()["PendingModifiedValues"] == {"BackupRetentionPeriod": 0}
    assert found()["BackupRetentionPeriod"] == 7


def test_the_port_is_in_the_endpoint() -> None:
    database()
    modify(DBPortNumber=5433)
    assert found()["Endpoint"]["Port"] == 5433


def test_a_renamed_instance_keeps_its_resource_id() -> None:
    before = database()["DbiResourceId"]
    modify(NewDBInstanceIdentifier="renamed")
    assert found()["PendingModifiedValues"] == {"DBInstanceIdentifier": "renamed"}
    modify(NewDBInstanceIdentifier="renamed", ApplyImmediately=True)
    assert found("renamed")["DbiResourceId"] == before
    assert len(boto3.client("rds").describe_db_instances()["DBInstances"]) == 1


def test_a_taken_name_is_refused() -> None:
    database(DBInstanceIdentifier="other")
    database()
    assert refused(modify, NewDBInstanceIdentifier="other") == "DBInstanceAlreadyExists"


def test_storage_never_shrinks_and_grows_by_a_tenth_at_least() -> None:
    database(AllocatedStorage=100)
    assert refused(modify, AllocatedStorage=99) == "InvalidParameterCombination"
    assert modify(AllocatedStorage=101, ApplyImmediately=True)["AllocatedStorage"] == 110


def test_the_most_storage_is_a_tenth_above_or_equal_which_turns_growing_off() -> None:
    database(AllocatedStorage=100, MaxAllocatedStorage=200)
    assert refused(modify, MaxAllocatedStorage=109) == "InvalidParameterCombination"
    assert refused(modify, MaxAllocatedStorage=99) == "InvalidParameterCombination"
    assert "MaxAllocatedStorage" not in modify(MaxAllocatedStorage=100)


def test_a_change_of_nothing_is_refused() -> None:
    database()
    words = "InvalidParameterCombination: No modifications were requested"
    assert refusal(modify, ApplyImmediately=True) == words


def test_an_instance_moves_to_no_other_subnet_group_of_its_vpc() -> None:
    _, inside = create_network("abcd")
    subnet_group("first", inside[:2])
    subnet_group("second", inside[2:])
    database(DBSubnetGroupName="first")
    assert refused(modify, DBSubnetGroupName="second") == "InvalidVPCNetworkStateFault"
    _, elsewhere = create_network()
    subnet_group("elsewhere", elsewhere)
    modify(DBSubnetGroupName="elsewhere")
    assert found()["PendingModifiedValues"] == {"DBSubnetGroupName": "elsewhere"}
    CLOCK.advance(WEEK)
    assert found()["DBSubnetGroup"]["DBSubnetGroupName"] == "elsewhere"


def status() -> str:
    (group,) = found()["DBParameterGroups"]
    return f"{group['DBParameterGroupName']} {group['ParameterApplyStatus']}"


def test_another_parameter_group_is_attached_at_once_and_works_after_a_reboot() -> None:
    parameter_group()
    database()
    assert status() == "default.postgres16 in-sync"
    modify(DBParameterGroupName="params")
    assert status() == "params pending-reboot"
    CLOCK.advance(WEEK)
    assert status() == "params pending-reboot"
    boto3.client("rds").reboot_db_instance(DBInstanceIdentifier=NAME)
    assert status() == "params in-sync"
    modify(DBParameterGroupName="params", ApplyImmediately=True)
    assert status() == "params in-sync"


@pytest.mark.parametrize(
    ("now", "start"),
    [
        ("2026-11-24 12:00", "2026-11-29 05:00"),
        ("2026-11-29 04:59", "2026-11-29 05:00"),
        ("2026-11-29 05:00", "2026-12-06 05:00"),
    ],
)
def test_the_next_window_is_the_first_that_opens_later(now: str, start: str) -> None:
    opened = next_start("sun:05:00-sun:06:00", datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert opened == datetime.fromisoformat(start).replace(tzinfo=UTC)


def test_a_requested_major_version_runs_as_a_minor_one() -> None:
    assert database(EngineVersion="16")["EngineVersion"] == "16.8"
    assert found()["EngineVersion"] == "16.8"


@pytest.mark.parametrize(
    ("held", "params", "runs"), [("16.9", "16", "16.9"), ("16.9", "17", "17.4")]
)
def test_the_major_version_that_runs_already_changes_nothing(
    held: str, params: str, runs: str
) -> None:
    database(EngineVersion=held)
    modify(EngineVersion=params, AllowMajorVersionUpgrade=True, ApplyImmediately=True)
    assert found()["EngineVersion"] == runs
