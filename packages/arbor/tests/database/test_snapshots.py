"""`arbor database snapshot|snapshots` in an emulated account."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from arbor import lock
from arbor.account import Account
from arbor_names import naming
from backup_fixtures import DATABASE, database, instance, snapshots, staging
from pulumi_moto.clock import CLOCK
from pulumi_moto.corrections import rds_backups

NAME = re.compile(r"arbor-production-manual-\d{8}-\d{6}")


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with staging(monkeypatch):
        yield


def leave(name: str) -> None:
    """The lock of a run that was killed while it created that snapshot."""
    account = Account(stack="production", client=boto3.client)
    held = replace(lock.holder(account, f"database snapshot {name}"), process=2**22 + 1)
    boto3.client("ssm").put_parameter(
        Name=naming.operation_lock("production"), Value=json.dumps(asdict(held)), Type="String"
    )


def at(ago: timedelta) -> str:
    return f"arbor-production-manual-{datetime.now(UTC) - ago:%Y%m%d-%H%M%S}"


def create(name: str) -> None:
    boto3.client("rds").create_db_snapshot(DBInstanceIdentifier=DATABASE, DBSnapshotIdentifier=name)


def test_it_waits_for_the_snapshot_and_describes_it() -> None:
    done = database("snapshot")
    assert done.exit_code == 0, done.output
    (name,) = snapshots()
    assert NAME.fullmatch(name)
    assert "creating, 50 %" in done.stdout
    assert f"{name}: 20 GiB, encrypted, with the data of " in done.stdout


def test_a_snapshot_in_progress_is_awaited_and_not_duplicated() -> None:
    create(at(timedelta(minutes=1)))
    done = database("snapshot")
    assert done.exit_code == 0, done.output
    assert "already in progress" in done.stdout
    assert len(snapshots()) == 1


def test_the_next_run_continues_a_killed_runs_snapshot() -> None:
    name = at(timedelta(minutes=5))
    create(name)
    CLOCK.advance(rds_backups.SECONDS)
    leave(name)
    done = database("snapshot")
    assert done.exit_code == 0, done.output
    assert snapshots() == [name]
    leave(at(timedelta(minutes=5)) + "0")  # not a valid name
    assert database("snapshot").exit_code == 0
    assert len(snapshots()) == 2


def test_a_snapshot_of_a_run_killed_hours_ago_is_not_continued() -> None:
    old = at(timedelta(hours=2))
    create(old)
    CLOCK.advance(rds_backups.SECONDS)
    leave(old)
    assert database("snapshot").exit_code == 0
    assert len(snapshots()) == 2


def test_an_unavailable_database_is_refused() -> None:
    boto3.client("rds").stop_db_instance(DBInstanceIdentifier=DATABASE)
    done = database("snapshot")
    assert done.exit_code == 3
    assert f"aws rds start-db-instance --db-instance-identifier {DATABASE}" in done.stderr
    boto3.client("rds").start_db_instance(DBInstanceIdentifier=DATABASE)
    create("another")
    done = database("snapshot")
    assert done.exit_code == 3
    assert f"{DATABASE} is backing-up" in done.stderr
    assert snapshots() == ["another"]


def test_a_full_quota_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rds_backups, "QUOTA", 0)
    done = database("snapshot")
    assert done.exit_code == 3
    assert "aws rds delete-db-snapshot" in done.stderr
    assert instance()["DBInstanceStatus"] == "available"


def test_a_dry_run_creates_no_snapshot() -> None:
    done = database("snapshot", "--dry-run")
    assert done.exit_code == 0
    assert "would create the snapshot arbor-production-manual-" in done.stdout
    assert snapshots() == []


def test_snapshots_are_listed_with_the_recovery_window() -> None:
    database("snapshot")
    shown, found = database("snapshots"), json.loads(database("snapshots", "--json").stdout)
    assert [one["kind"] for one in found["snapshots"]] == ["manual", "automated"]
    assert found["snapshots"][0] | {"name": "", "taken": ""} == {
        "name": "",
        "kind": "manual",
        "taken": "",
        "gib": 20,
        "status": "available",
        "percent": 100,
        "encrypted": True,
    }
    assert found["restorable"]["earliest"] < found["restorable"]["latest"]
    assert "Point-in-time recovery from " in shown.stdout
    (name,) = snapshots()
    assert name in shown.stdout


def test_missing_automated_backups_are_reported() -> None:
    boto3.client("rds").modify_db_instance(
        DBInstanceIdentifier=DATABASE, BackupRetentionPeriod=0, ApplyImmediately=True
    )
    assert "No automated backups" in database("snapshots").stdout
    assert json.loads(database("snapshots", "--json").stdout)["restorable"] is None
