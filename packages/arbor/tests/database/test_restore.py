"""`arbor database restore` in an emulated account."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest

from arbor.database import cut_over, restore_settings
from arbor.procedure import Refused
from arbor.times import utc
from backup_fixtures import (
    DATABASE,
    GROUPS,
    RESTORED,
    TAGS,
    database,
    instance,
    password,
    rotate,
    staging,
)
from pulumi_moto.clock import CLOCK
from pulumi_moto.corrections import rds_restore
from pulumi_moto.corrections.rds_instance import Instance

SETTINGS = (
    *("MultiAZ", "StorageEncrypted", "KmsKeyId", "PubliclyAccessible", "DeletionProtection"),
    *("CopyTagsToSnapshot", "DBInstanceClass", "StorageType", "AllocatedStorage"),
    *("MaxAllocatedStorage", "BackupRetentionPeriod", "PreferredBackupWindow"),
    *("PreferredMaintenanceWindow", "PerformanceInsightsEnabled", "PerformanceInsightsKMSKeyId"),
    *("PerformanceInsightsRetentionPeriod", "EnabledCloudwatchLogsExports", "VpcSecurityGroups"),
    *("AutoMinorVersionUpgrade", "Engine", "EngineVersion", "MasterUsername", "DBName"),
)


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with staging(monkeypatch):
        yield


def latest(minus: timedelta = timedelta()) -> str:
    moment = instance()["LatestRestorableTime"]
    return utc(moment - minus)


def tags(name: str) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in instance(name)["TagList"]}


def test_the_copy_has_its_sources_settings_and_accepts_the_login() -> None:
    moment = latest()
    done = database("restore", "--to", moment)
    assert done.exit_code == 0, done.output
    assert "  creating" in done.stdout
    source, copy = instance(), instance(RESTORED)
    assert {name: copy.get(name) for name in SETTINGS} == {
        name: source.get(name) for name in SETTINGS
    }
    assert len(copy["VpcSecurityGroups"]) == 2
    assert copy["DBSubnetGroup"]["DBSubnetGroupName"] == "private"
    assert copy["DBParameterGroups"][0]["DBParameterGroupName"] == "arbor-production-params"
    assert copy["Endpoint"]["Port"] == source["Endpoint"]["Port"]
    own = {"RestoredFrom": source["DbiResourceId"], "RestoredTo": moment}
    assert tags(RESTORED) == {**TAGS, **own}
    assert password(RESTORED) == password(DATABASE)


def groups() -> dict[str, Any]:
    """Retention in days by log group."""
    found = boto3.client("logs").describe_log_groups(logGroupNamePrefix="/aws/rds/")["logGroups"]
    return {one["logGroupName"]: one.get("retentionInDays") for one in found}


def test_log_groups_of_copy_and_cut_over_have_the_sources_retention() -> None:
    done = database("restore", "--to", latest())
    assert done.exit_code == 0, done.output
    names = (DATABASE, RESTORED, f"{DATABASE}-before")
    assert groups() == {group.format(name): 90 for name in names for group in GROUPS}
    logs = boto3.client("logs")
    (one,) = logs.describe_log_groups(logGroupNamePrefix=GROUPS[0].format(RESTORED))["logGroups"]
    tagged = logs.list_tags_for_resource(resourceArn=one["arn"].removesuffix(":*"))["tags"]
    assert tagged == TAGS


def test_a_log_group_that_rds_created_gets_its_retention() -> None:
    name = GROUPS[0].format(RESTORED)
    boto3.client("logs").create_log_group(logGroupName=name)
    done = database("restore", "--to", latest())
    assert done.exit_code == 0, done.output
    assert groups()[name] == 90


def test_it_prints_the_cut_over_with_names_filled_in() -> None:
    done = database("restore", "--to", latest(), "--as", "arbor-tuesday")
    assert cut_over.commands("production", "arbor-tuesday") in done.stdout
    assert "<" not in cut_over.commands("production", "arbor-tuesday")
    assert not re.search(r"^(aws|pulumi) .*promote", done.stdout, re.MULTILINE)


def test_a_restored_password_is_replaced_by_the_secrets() -> None:
    moment = latest()
    rotate()
    done = database("restore", "--to", moment)
    assert done.exit_code == 0, done.output
    assert "waiting for the new password" in done.stdout
    assert password(RESTORED) == password(DATABASE) == "second-password"


def test_the_second_users_restored_password_is_left_to_the_operator() -> None:
    moment = latest()
    boto3.client("secretsmanager").put_secret_value(
        SecretId="arbor/production/db",
        SecretString='{"username": "arbor_user_2", "password": "its-own"}',
    )
    done = database("restore", "--to", moment)
    assert done.exit_code == 1
    assert "ALTER ROLE arbor_user_2 LOGIN PASSWORD" in done.stderr
    assert "its-own" not in done.output
    assert password(RESTORED) == "first-password"


@pytest.mark.parametrize("moment", ["2020-01-01", "30d ago", "2090-01-01T00:00:00+02:00"])
def test_a_time_outside_the_window_is_refused_with_the_window(moment: str) -> None:
    done = database("restore", "--to", moment)
    assert done.exit_code == 3
    assert f"to {latest()}." in done.stderr


def test_without_automated_backups_it_is_refused() -> None:
    boto3.client("rds").modify_db_instance(
        DBInstanceIdentifier=DATABASE, BackupRetentionPeriod=0, ApplyImmediately=True
    )
    done = database("restore", "--to", "5m ago")
    assert done.exit_code == 3
    assert "no automated backups" in done.stderr


def begin(moment: str, **more: Any) -> None:
    """The state after a run that was killed after its first call."""
    source: Any = instance()
    own = {"RestoredFrom": source["DbiResourceId"], "RestoredTo": moment}
    arguments = restore_settings.restore_arguments(source)
    arguments["Tags"] += [{"Key": name, "Value": value} for name, value in {**own, **more}.items()]
    boto3.client("rds").restore_db_instance_to_point_in_time(
        SourceDBInstanceIdentifier=DATABASE,
        TargetDBInstanceIdentifier=RESTORED,
        RestoreTime=moment,
        **arguments,
    )


def test_a_killed_run_is_continued_also_after_its_time_left_the_window() -> None:
    moment = latest()
    begin(moment)
    CLOCK.advance(rds_restore.SECONDS + 8 * 86400)
    done = database("restore", "--to", moment)
    assert done.exit_code == 0, done.output
    assert "already in progress" in done.stdout
    assert instance(RESTORED)["PerformanceInsightsEnabled"]


def test_another_time_with_the_same_name_is_refused() -> None:
    moment = latest()
    begin(moment)
    done = database("restore", "--to", latest(timedelta(minutes=5)))
    assert done.exit_code == 3
    assert f"continue with --to {moment}" in done.stderr


@pytest.mark.parametrize("name", [DATABASE, "another"])
def test_a_name_in_use_is_refused(name: str) -> None:
    boto3.client("rds").create_db_instance(
        DBInstanceIdentifier="another", DBInstanceClass="db.t3.micro", Engine="postgres"
    )
    done = database("restore", "--to", latest(), "--as", name)
    assert done.exit_code == 3
    assert f"{name} exists" in done.stderr


def test_a_failed_restore_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = latest()
    begin(moment)
    monkeypatch.setattr(
        Instance, "status", property(lambda _: "incompatible-restore"), raising=False
    )
    done = database("restore", "--to", moment)
    assert done.exit_code == 1
    assert f"{RESTORED} is incompatible-restore. Delete it" in done.stderr


def test_a_dry_run_restores_nothing() -> None:
    done = database("restore", "--to", latest(), "--dry-run")
    assert done.exit_code == 0
    assert f"would restore {DATABASE} of {latest()} to {RESTORED}" in done.stdout
    found = boto3.client("rds").describe_db_instances()["DBInstances"]
    assert [one["DBInstanceIdentifier"] for one in found] == [DATABASE]


def test_without_a_secret_nothing_is_started() -> None:
    boto3.client("secretsmanager").delete_secret(SecretId="arbor/production/db")
    done = database("restore", "--to", latest())
    assert done.exit_code == 3
    assert "restore-secret" in done.stderr
    found = boto3.client("rds").describe_db_instances()["DBInstances"]
    assert [one["DBInstanceIdentifier"] for one in found] == [DATABASE]


def test_a_failed_tunnel_keeps_the_copy_and_names_the_next_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object) -> None:
        raise Refused("session-manager-plugin is not installed.")

    monkeypatch.setattr("arbor.database.backup_commands.connection", fails)
    moment = latest()
    done = database("restore", "--to", moment)
    assert done.exit_code == 1
    assert "session-manager-plugin is not installed." in done.stderr
    assert f"--to {moment} --as {RESTORED}` again" in done.stderr
    assert instance(RESTORED)["DBInstanceStatus"] == "available"
