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
from backup_world import DATABASE, database, instance, snapshots, world
from pulumi_moto.clock import CLOCK
from pulumi_moto.corrections import rds_backups

NAME = re.compile(r"arbor-production-manual-\d{8}-\d{6}")


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with world(monkeypatch):
        yield


def leave(name: str) -> None:
    """A lock as a run leaves it that was killed while it made that snapshot."""
    account = Account(stack="production", client=boto3.client)
    held = replace(lock.holder(account, f"database snapshot {name}"), process=2**22 + 1)
    boto3.client("ssm").put_parameter(
        Name=naming.operation_lock("production"), Value=json.dumps(asdict(held)), Type="String"
    )


def at(ago: timedelta) -> str:
    return f"arbor-production-manual-{datetime.now(UTC) - ago:%Y%m%d-%H%M%S}"


def create(name: str) -> None:
    boto3.client("rds").create_db_snapshot(DBInstanceIdentifier=DATABASE, DBSnapshotIdentifier=name)


def test_it_waits_until_the_snapshot_is_there_and_says_what_it_is() -> None:
    done = database("snapshot")
    assert done.exit_code == 0, done.output
    (name,) = snapshots()
    assert NAME.fullmatch(name)
    assert "creating, 50 %" in done.stdout
    assert f"{name}: 20 GiB, encrypted, with the data of " in done.stdout


def test_one_that_is_still_made_is_waited_for_and_not_made_again() -> None:
    create(at(timedelta(minutes=1)))
    done = database("snapshot")
    assert done.exit_code == 0, done.output
    assert "not made a second time" in done.stdout
    assert len(snapshots()) == 1


def test_a_killed_run_leaves_its_name_to_the_next() -> None:
    name = at(timedelta(minutes=5))
    create(name)
    CLOCK.advance(rds_backups.SECONDS)
    leave(name)
    done = database("snapshot")
    assert done.exit_code == 0, done.output
    assert snapshots() == [name]
    leave(at(timedelta(minutes=5)) + "0")  # no name of ours
    assert database("snapshot").exit_code == 0
    assert len(snapshots()) == 2


def test_one_that_was_killed_long_ago_has_old_data_and_is_not_taken_for_the_new_one() -> None:
    old = at(timedelta(hours=2))
    create(old)
    CLOCK.advance(rds_backups.SECONDS)
    leave(old)
    assert database("snapshot").exit_code == 0
    assert len(snapshots()) == 2


def test_a_database_that_is_not_available_is_refused() -> None:
    boto3.client("rds").stop_db_instance(DBInstanceIdentifier=DATABASE)
    done = database("snapshot")
    assert done.exit_code == 3
    assert f"aws rds start-db-instance --db-instance-identifier {DATABASE}" in done.stderr
    boto3.client("rds").start_db_instance(DBInstanceIdentifier=DATABASE)
    create("by-somebody-else")
    done = database("snapshot")
    assert done.exit_code == 3
    assert f"{DATABASE} is backing-up" in done.stderr
    assert snapshots() == ["by-somebody-else"]


def test_a_full_quota_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rds_backups, "QUOTA", 0)
    done = database("snapshot")
    assert done.exit_code == 3
    assert "aws rds delete-db-snapshot" in done.stderr
    assert instance()["DBInstanceStatus"] == "available"


def test_a_dry_run_makes_none() -> None:
    done = database("snapshot", "--dry-run")
    assert done.exit_code == 0
    assert "would make the snapshot arbor-production-manual-" in done.stdout
    assert snapshots() == []


def test_snapshots_are_listed_with_the_moments_that_can_be_restored() -> None:
    database("snapshot")
    told, found = database("snapshots"), json.loads(database("snapshots", "--json").stdout)
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
    assert "Any moment from " in told.stdout
    (name,) = snapshots()
    assert name in told.stdout


def test_without_automated_backups_it_says_so() -> None:
    boto3.client("rds").modify_db_instance(
        DBInstanceIdentifier=DATABASE, BackupRetentionPeriod=0, ApplyImmediately=True
    )
    assert "No automated backups" in database("snapshots").stdout
    assert json.loads(database("snapshots", "--json").stdout)["restorable"] is None
