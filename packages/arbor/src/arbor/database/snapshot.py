"""database snapshot: one manual snapshot, however often the command has to be begun anew.

The name has the time in it, so a run that was killed must leave it to the next: it is part of what
the stack's lock says of its holder. docs/decisions/snapshot-names.md says more.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from arbor import lock, times
from arbor.account import Account
from arbor.database import backups
from arbor.database.connection import instance
from arbor.procedure import Failed, Refused, Run, Step
from arbor_names import naming

COMMAND = "database snapshot"
TIME = "%Y%m%d-%H%M%S"
ADOPTED = timedelta(hours=1)
"""Younger than this, one that a killed run began is the one that is wanted now."""
TWELVE_HOURS = 12 * 3600.0
"""A first snapshot copies everything; later ones what has changed."""
FULL = (
    "the account has as many manual snapshots in this region as it may (100 unless it asked for "
    "more in Service Quotas). Delete one that nobody needs: `aws rds delete-db-snapshot "
    "--db-snapshot-identifier NAME`."
)


@dataclass(frozen=True, kw_only=True)
class Creation:
    """A new snapshot, or one that was begun before."""

    account: Account
    name: str
    begun: bool

    def execute(self, run: Run) -> None:
        """Raises Failed; the same again goes on with it."""
        last: Any = {}
        run.execute([self._step(last)])
        if not run.dry_run:
            run.say(_told(backups.told(last)))

    def _step(self, last: dict[str, Any]) -> Step:
        """`last` is what the last look saw."""

        def is_done() -> bool:
            last.update(self._look() or {})
            if last.get("Status") == "failed":
                raise Failed(
                    f"RDS could not make {self.name}. Delete what is left (`aws rds "
                    f"delete-db-snapshot --db-snapshot-identifier {self.name}`) and try again."
                )
            return last.get("Status") == "available"

        database = naming.database_instance(self.account.stack)
        return Step(
            says=f"wait for {self.name}, which was begun before and is not made a second time"
            if self.begun
            else f"make the snapshot {self.name} of {database}",
            do=(lambda: None) if self.begun else self._create,
            took_effect=is_done,
            shows=lambda: f"{last['Status']}, {last.get('PercentProgress', 0)} %" if last else "",
            timeout=TWELVE_HOURS,
        )

    def _create(self) -> None:
        rds = self.account.client("rds")
        try:
            rds.create_db_snapshot(
                DBInstanceIdentifier=naming.database_instance(self.account.stack),
                DBSnapshotIdentifier=self.name,
            )
        except rds.exceptions.DBSnapshotAlreadyExistsFault:
            return  # the first call took effect although its answer was lost, and was repeated
        except rds.exceptions.SnapshotQuotaExceededFault as error:
            raise Refused(FULL) from error
        except rds.exceptions.InvalidDBInstanceStateFault as error:
            if self._look() is None:  # else it is the first call's doing
                raise Refused(_busy(self.account, instance(self.account))) from error

    def _look(self) -> dict[str, Any] | None:
        rds = self.account.client("rds")
        try:
            found = rds.describe_db_snapshots(DBSnapshotIdentifier=self.name)["DBSnapshots"]
        except rds.exceptions.DBSnapshotNotFoundFault:
            return None
        return dict(found[0])


def wanted(account: Account) -> str:
    """A new name, or that of a run whose lock still stands and that was begun within the hour."""
    now, seen = datetime.now(UTC), lock.current(account)
    left = ""
    if seen is not None and seen[0].command == COMMAND:
        left = " ".join(seen[0].arguments)
    try:
        begun = datetime.strptime(left, f"{_prefix(account)}{TIME}").replace(tzinfo=UTC)
    except ValueError:
        begun = None
    if begun is not None and now - begun < ADOPTED:
        return left
    return f"{_prefix(account)}{now:{TIME}}"


def plan(account: Account, name: str) -> Creation:
    """Look at what there is; raises Refused when the database can't be backed up now."""
    found = instance(account)
    ours = {
        one["DBSnapshotIdentifier"]: one["Status"]
        for one in backups.described(
            account, DBInstanceIdentifier=found["DBInstanceIdentifier"], SnapshotType="manual"
        )
        if one["DBSnapshotIdentifier"].startswith(_prefix(account))
    }
    making = sorted(known for known, status in ours.items() if status == "creating")
    if name in ours or making:
        return Creation(account=account, name=name if name in ours else making[-1], begun=True)
    if found["DBInstanceStatus"] != "available":
        raise Refused(_busy(account, found))
    return Creation(account=account, name=name, begun=False)


def _busy(account: Account, found: dict[str, Any]) -> str:
    name, status = found["DBInstanceIdentifier"], found["DBInstanceStatus"]
    if status == "stopped":
        return f"{name} is stopped: `aws rds start-db-instance --db-instance-identifier {name}`."
    return (
        f"{name} is {status}, and RDS makes a snapshot of an available one alone. Wait until it "
        f"is available; `{account.typed('arbor database snapshots')}` lists what there is."
    )


def _told(made: backups.Snapshot) -> str:
    encrypted = "encrypted" if made.encrypted else "not encrypted"
    of = f", with the data of {times.utc(made.taken)}" if made.taken else ""
    return f"{made.name}: {made.gib} GiB, {encrypted}{of}"


def _prefix(account: Account) -> str:
    """As the runbook types it."""
    return f"{naming.PROJECT}-{account.stack}-manual-"
