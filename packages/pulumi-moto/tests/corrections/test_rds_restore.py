from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from moto.rds.models import rds_backends

from emulated_account import create_network, refusal, refused
from pulumi_moto.clock import CLOCK, Clock
from pulumi_moto.corrections import rds_restore
from pulumi_moto.corrections.rds_instance import Instance
from rds_fixtures import NAME, PASSWORD, database, found, modify, parameter_group, subnet_group

DAY = 24 * 3600


def restore(**params: Any) -> Any:
    return boto3.client("rds").restore_db_instance_to_point_in_time(
        **{
            "SourceDBInstanceIdentifier": NAME,
            "TargetDBInstanceIdentifier": "restored",
            **({} if "RestoreTime" in params else {"UseLatestRestorableTime": True}),
            **params,
        }
    )["DBInstance"]


def latest() -> datetime:
    time: datetime = found()["LatestRestorableTime"]
    return time


def test_the_latest_restorable_time_is_at_most_five_minutes_ago() -> None:
    database()
    before = latest()
    CLOCK.advance(DAY)
    assert timedelta(0) <= latest() - before - timedelta(days=1) + timedelta(minutes=5)
    assert latest() - before <= timedelta(days=1, minutes=5)
    assert (latest().minute % 5, latest().second) == (0, 0)


def test_a_time_within_the_window_is_restored() -> None:
    database(BackupRetentionPeriod=7)
    CLOCK.advance(3 * DAY)
    restore(RestoreTime=latest() - timedelta(days=2))
    copy = found("restored")
    assert copy["DBInstanceStatus"] == "creating"
    assert "Endpoint" not in copy
    CLOCK.advance(rds_restore.SECONDS)
    assert found("restored")["DBInstanceStatus"] == "available"
    assert found("restored")["Endpoint"]["Address"].startswith("restored.")


def test_it_has_the_password_of_that_time() -> None:
    database(BackupRetentionPeriod=7)
    CLOCK.advance(DAY)
    before = latest()
    CLOCK.advance(DAY)
    modify(MasterUserPassword="second-password", ApplyImmediately=True)
    CLOCK.advance(DAY)
    assert found()["DBInstanceStatus"] == "available"
    for number, (moment, password) in enumerate(
        [(before, PASSWORD), (latest(), "second-password")]
    ):
        restore(RestoreTime=moment, TargetDBInstanceIdentifier=f"restored-{number}")
        copy = rds_backends["123456789012"]["us-east-1"].databases[f"restored-{number}"]
        assert isinstance(copy, Instance)
        assert copy.passwords[-1][1] == password


def test_a_time_later_than_the_latest_is_refused() -> None:
    database()
    CLOCK.advance(DAY)
    words = "The specified instance cannot be restored to a time later than"
    assert words in refusal(restore, RestoreTime=latest() + timedelta(seconds=1))


def test_a_time_before_the_instance_was_made_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulumi_moto.corrections.rds_instance.CLOCK", Clock())  # at its beginning
    made = database(BackupRetentionPeriod=2)["InstanceCreateTime"]
    words = "because its backup retention period is set to 2 days"
    assert words in refusal(restore, RestoreTime=made - timedelta(minutes=1))
    restore(RestoreTime=made.replace(microsecond=0))


def test_a_time_before_the_oldest_backup_is_refused() -> None:
    made = database(BackupRetentionPeriod=2)["InstanceCreateTime"]
    CLOCK.advance(5 * DAY)
    words = "because its backup retention period is set to 2 days"
    assert words in refusal(restore, RestoreTime=made + timedelta(days=1))


def test_without_backups_a_restore_is_refused() -> None:
    database(BackupRetentionPeriod=0)
    assert "LatestRestorableTime" not in found()
    assert refused(restore) == "PointInTimeRestoreNotEnabled"


def test_a_time_or_the_latest_but_not_both_or_neither() -> None:
    database()
    both = {"UseLatestRestorableTime": True, "RestoreTime": latest()}
    assert refused(restore, **both) == "InvalidParameterCombination"
    neither = {"UseLatestRestorableTime": False}
    assert refused(restore, **neither) == "InvalidParameterCombination"


def test_a_taken_name_is_refused() -> None:
    database()
    assert refused(restore, TargetDBInstanceIdentifier=NAME) == "DBInstanceAlreadyExists"


def source(**params: Any) -> None:
    parameter_group()
    _, inside = create_network()
    subnet_group("private", inside)
    database(
        DBSubnetGroupName="private",
        DBParameterGroupName="params",
        VpcSecurityGroupIds=["sg-0123456789abcdef0"],
        MultiAZ=True,
        DeletionProtection=True,
        Tags=[{"Key": "Stack", "Value": "test"}],
        **params,
    )


def test_the_copy_is_a_plain_instance_with_defaults() -> None:
    source(EnableCloudwatchLogsExports=["postgresql"], EnablePerformanceInsights=True)
    modify(DBInstanceClass="db.t4g.small")
    restore()
    copy = found("restored")
    assert "ReadReplicaSourceDBInstanceIdentifier" not in copy
    assert copy["DbiResourceId"] != found()["DbiResourceId"]
    assert (copy["DBInstanceClass"], copy["AllocatedStorage"]) == ("db.t4g.micro", 20)
    assert copy["PendingModifiedValues"] == {}
    assert (copy["MultiAZ"], copy["DeletionProtection"], copy["TagList"]) == (False, False, [])
    assert not copy["PerformanceInsightsEnabled"]
    assert not copy.get("EnabledCloudwatchLogsExports")
    assert copy["DBSubnetGroup"]["DBSubnetGroupName"] == "default"
    assert copy["DBParameterGroups"][0]["DBParameterGroupName"] == "default.postgres16"
    groups = boto3.client("ec2").describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [copy["DBSubnetGroup"]["VpcId"]]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )["SecurityGroups"]
    assert [g["VpcSecurityGroupId"] for g in copy["VpcSecurityGroups"]] == [groups[0]["GroupId"]]
    promote = boto3.client("rds").promote_read_replica
    assert refused(promote, DBInstanceIdentifier="restored") == "InvalidDBInstanceState"


def test_the_copy_has_the_requested_settings() -> None:
    source()
    restore(
        DBInstanceClass="db.t4g.small",
        DBSubnetGroupName="private",
        DBParameterGroupName="params",
        VpcSecurityGroupIds=["sg-0123456789abcdef0"],
        MultiAZ=True,
        DeletionProtection=True,
        EnableCloudwatchLogsExports=["postgresql"],
        Tags=[{"Key": "Stack", "Value": "copy"}],
    )
    copy = found("restored")
    assert copy["DBInstanceClass"] == "db.t4g.small"
    assert copy["DBSubnetGroup"]["DBSubnetGroupName"] == "private"
    assert copy["DBParameterGroups"][0]["DBParameterGroupName"] == "params"
    assert copy["VpcSecurityGroups"][0]["VpcSecurityGroupId"] == "sg-0123456789abcdef0"
    assert (copy["MultiAZ"], copy["DeletionProtection"]) == (True, True)
    assert copy["EnabledCloudwatchLogsExports"] == ["postgresql"]
    assert copy["TagList"] == [{"Key": "Stack", "Value": "copy"}]
