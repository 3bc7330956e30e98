"""The commands of the database's backups that write, for the fault drill."""

import json
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from arbor.account import Account
from arbor.database.connection import WrongPasswordError
from arbor.database.secret import Credentials
from fault_wire import Wire
from faults import Case

DATABASE, RESTORED = "arbor-production-db", "arbor-production-db-restored"
SECRET = "arbor/production/db"
MOMENT = datetime(2040, 1, 1, tzinfo=UTC)
"""Equal in every run and process, so that the cases keep their names."""
ALIKE = (
    *("MultiAZ", "DeletionProtection", "CopyTagsToSnapshot", "PreferredMaintenanceWindow"),
    *("PerformanceInsightsEnabled", "EnabledCloudwatchLogsExports", "VpcSecurityGroups"),
)


def snapshots(wire: Wire) -> object:
    """One snapshot for each completed run, and none of another run.

    A run releases the lock last, so a later run takes another snapshot.
    """
    found = wire.client("rds").describe_db_snapshots(
        DBInstanceIdentifier=DATABASE, SnapshotType="manual"
    )["DBSnapshots"]
    ended = sum(operation == "ssm:DeleteParameter" for operation, _ in wire.effects)
    return {
        "made": len(found) > 0,
        "of runs that did not end": max(0, len(found) - max(1, ended)),
        "states": sorted({one["Status"] for one in found}),
    }


def until_then(wire: Wire) -> None:
    """Let the account's time pass until the moment is within the restorable window."""
    ahead = MOMENT - datetime.now(UTC) + timedelta(days=1)
    wire.copy.control("clock", advance=ahead.total_seconds())


def restored(wire: Wire) -> object:
    """Whether one copy exists, equals its source, and accepts the application's login."""
    rds = wire.client("rds")
    found = {one["DBInstanceIdentifier"]: one for one in rds.describe_db_instances()["DBInstances"]}
    source, copy = found[DATABASE], found[RESTORED]
    tags = {one["Key"]: one["Value"] for one in copy["TagList"]}
    return {
        "instances": sorted(found),
        "status": copy["DBInstanceStatus"],
        "like its source": all(copy.get(name) == source.get(name) for name in ALIKE),
        "moment": tags["RestoredTo"],
        "login": _takes(wire, _secret(wire)),
    }


def _secret(wire: Wire) -> str:
    value = wire.client("secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"]
    return str(json.loads(value)["password"])


def _takes(wire: Wire, password: str) -> bool:
    """As if the password was rotated: the copy accepts it after RDS got the new one."""
    given = [
        urllib.parse.parse_qs(body.decode() if isinstance(body, bytes) else body)
        for operation, body in wire.effects
        if operation == "rds:ModifyDBInstance"
    ]
    requested = any(
        one["DBInstanceIdentifier"] == [RESTORED] and one.get("MasterUserPassword") == [password]
        for one in given
    )
    (copy,) = wire.client("rds").describe_db_instances(DBInstanceIdentifier=RESTORED)["DBInstances"]
    return requested and "MasterUserPassword" not in copy.get("PendingModifiedValues", {})


@contextmanager
def with_an_old_password(wire: Wire) -> Iterator[None]:
    """The command logs in to the copy, which has its earlier password."""

    class Session:
        def execute(self, _query: str) -> None:
            return None

    @contextmanager
    def connect(_: Account, credentials: Credentials, name: str) -> Iterator[Session]:
        assert name == RESTORED
        with wire.aside():
            takes = _takes(wire, credentials.password)
        if not takes:
            raise WrongPasswordError
        yield Session()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("arbor.database.backup_commands.connection", connect)
        yield


CASES = (
    Case(words=("database", "snapshot"), state=snapshots),
    Case(
        words=("database", "restore", "--to", f"{MOMENT:%Y-%m-%dT%H:%M:%SZ}"),
        prepare=until_then,
        state=restored,
        surroundings=with_an_old_password,
    ),
)
