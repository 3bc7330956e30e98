"""database snapshot: one manual snapshot, also if an interrupted command is run again.

The name contains the time, so a killed run passes it to the next one in the stack's lock:
docs/decisions/snapshot-names.md.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from arbor import lock, times
from arbor.account import Account
from arbor.database import backups, instance
from arbor.procedure import Failed, Refused, Run, Step, nothing
from arbor_names import naming

if TYPE_CHECKING:
    from mypy_boto3_rds.type_defs import DBInstanceTypeDef, DBSnapshotTypeDef

COMMAND = "database snapshot"
TIME = "%Y%m%d-%H%M%S"
ADOPTED = timedelta(hours=1)
"""Maximum age of a killed run's snapshot that the next run continues."""
TWELVE_HOURS = 12 * 3600.0
"""The first snapshot copies all data; later ones are incremental."""
QUOTA = (
    "the account has reached its quota of manual snapshots in this region (100 by default). Delete "
    "one that is no longer needed: `aws rds delete-db-snapshot --db-snapshot-identifier NAME`."
)


@dataclass(kw_only=True)
class SnapshotCreation:
    """A new snapshot, or the wait for one in progress."""

    account: Account
    name: str
    exists: bool
    found: "DBSnapshotTypeDef | None" = None
    """As last described."""

    def execute(self, run: Run) -> None:
        """Raises Failed; a second run continues."""
        run.execute([self._step()])
        if self.found is not None:
            run.say(_sentence(backups.parse(self.found)))

    def _step(self) -> Step:
        database = naming.database_instance(self.account.stack)
        return Step(
            action=f"wait for {self.name}, already in progress"
            if self.exists
            else f"create the snapshot {self.name} of {database}",
            do=nothing if self.exists else self._create,
            took_effect=self._is_available,
            shows=self._progress,
            timeout=TWELVE_HOURS,
        )

    def _is_available(self) -> bool:
        self.found = self._find() or self.found
        if self.found is not None and self.found["Status"] == "failed":
            raise Failed(
                f"RDS failed to create {self.name}. Delete the rest (`aws rds delete-db-snapshot "
                f"--db-snapshot-identifier {self.name}`) and run the command again."
            )
        return self.found is not None and self.found["Status"] == "available"

    def _progress(self) -> str:
        if self.found is None:
            return ""
        return f"{self.found['Status']}, {self.found.get('PercentProgress', 0)} %"

    def _create(self) -> None:
        rds = self.account.client("rds")
        try:
            rds.create_db_snapshot(
                DBInstanceIdentifier=naming.database_instance(self.account.stack),
                DBSnapshotIdentifier=self.name,
            )
        except rds.exceptions.DBSnapshotAlreadyExistsFault:
            return  # an earlier call took effect and its response was lost
        except rds.exceptions.SnapshotQuotaExceededFault as error:
            raise Refused(QUOTA) from error
        except rds.exceptions.InvalidDBInstanceStateFault as error:
            if self._find() is None:  # otherwise as above
                raise Refused(_busy(self.account, instance.read(self.account))) from error

    def _find(self) -> "DBSnapshotTypeDef | None":
        rds = self.account.client("rds")
        try:
            (found,) = rds.describe_db_snapshots(DBSnapshotIdentifier=self.name)["DBSnapshots"]
        except rds.exceptions.DBSnapshotNotFoundFault:
            return None
        return found


def choose_name(account: Account) -> str:
    """A new name, or the one in the lock of a run that was killed within the last hour."""
    now, seen = datetime.now(UTC), lock.current(account)
    left = ""
    if seen is not None and seen[0].command == COMMAND:
        left = " ".join(seen[0].arguments)
    try:
        started = datetime.strptime(left, f"{_prefix(account)}{TIME}").replace(tzinfo=UTC)
    except ValueError:
        started = None
    if started is not None and now - started < ADOPTED:
        return left
    return f"{_prefix(account)}{now:{TIME}}"


def plan(account: Account, name: str) -> SnapshotCreation:
    """Raises Refused if the database's status doesn't allow a snapshot."""
    found = instance.read(account)
    ours = {
        one["DBSnapshotIdentifier"]: one["Status"]
        for one in backups.described(
            account, DBInstanceIdentifier=found["DBInstanceIdentifier"], SnapshotType="manual"
        )
        if one["DBSnapshotIdentifier"].startswith(_prefix(account))
    }
    creating = sorted(known for known, status in ours.items() if status == "creating")
    if name in ours or creating:
        chosen = name if name in ours else creating[-1]
        return SnapshotCreation(account=account, name=chosen, exists=True)
    if found["DBInstanceStatus"] != instance.AVAILABLE:
        raise Refused(_busy(account, found))
    return SnapshotCreation(account=account, name=name, exists=False)


def _busy(account: Account, found: "DBInstanceTypeDef") -> str:
    name, status = found["DBInstanceIdentifier"], found["DBInstanceStatus"]
    if status == "stopped":
        return f"{name} is stopped: `aws rds start-db-instance --db-instance-identifier {name}`."
    return (
        f"{name} is {status}, and a snapshot requires an available instance. Wait, then run the "
        f"command again; `{account.typed('arbor database snapshots')}` lists existing snapshots."
    )


def _sentence(made: backups.DatabaseSnapshot) -> str:
    encrypted = "encrypted" if made.encrypted else "not encrypted"
    of = f", with the data of {times.utc(made.taken)}" if made.taken else ""
    return f"{made.name}: {made.gib} GiB, {encrypted}{of}"


def _prefix(account: Account) -> str:
    """The runbook's."""
    return f"{naming.PROJECT}-{account.stack}-manual-"
