"""database restore: another instance with the data of a moment, and a proof that it can be used.

It carries its source and its moment as tags, so that a second run knows it again and goes on.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from arbor import times
from arbor.account import Account, together
from arbor.database import backups, likeness, log_groups, secret
from arbor.database.connection import WrongPasswordError, instance, named
from arbor.database.credentials import Credentials
from arbor.database.cut_over import BEFORE, FROM, TO
from arbor.procedure import Failed, Refused, Run, Step

SIX_HOURS = 6 * 3600.0
"""An hour or more is normal: the snapshot before the moment is copied, then the log is replayed."""
HALF_AN_HOUR = 1800.0
LOST = frozenset(
    {
        *("failed", "incompatible-restore", "incompatible-network", "incompatible-parameters"),
        *("incompatible-option-group", "incompatible-credentials", "storage-full"),
        *("inaccessible-encryption-credentials", "insufficient-capacity"),
    }
)
"""States that nothing leads out of by itself:
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html"""
Connect = Callable[[Account, Credentials, str], AbstractContextManager[Any]]
"""A connection to the instance of that name; raises WrongPasswordError."""


@dataclass(frozen=True, kw_only=True)
class Restore:
    """One restore, new or interrupted."""

    account: Account
    source: dict[str, Any]
    name: str
    moment: datetime
    connect: Connect
    credentials: Credentials
    """The application's, as the secret has them now."""
    begun: bool

    def execute(self, run: Run) -> None:
        """Raises Failed; whatever the end, the same again goes on."""
        try:
            run.execute(self.steps())
        except Failed as failed:
            raise Failed(f"{failed}\n{self._go_on()}") from failed
        except Refused as refused:  # such as a way in that is closed: the instance stands by then
            raise Failed(f"{refused}\n{self._go_on()}") from refused

    def steps(self) -> Iterator[Step]:
        """Each looks for itself what is left of it."""
        yield self._log_groups()
        yield self._make()
        yield self._adjust()
        yield self._log_in()

    def _go_on(self) -> str:
        again = self.account.typed(
            f"arbor database restore --to {times.utc(self.moment)} --as {self.name}"
        )
        return (
            f"What there is of {self.name} stays, and nobody uses it. Run `{again}` again: it goes "
            "on from there."
        )

    def _log_groups(self) -> Step:
        """Also of the name that the cut-over gives the database: RDS writes there from then on."""
        source = self.source["DBInstanceIdentifier"]
        names = (self.name, f"{source}{BEFORE}")
        wanted = log_groups.wanted(self.account, self.source, names)

        def make() -> None:
            for group in wanted:
                if not log_groups.is_there(self.account, group):
                    log_groups.put(self.account, group)

        return Step(
            says=f"make the log groups of {self.name} as those of {source}, which RDS would make "
            "without retention",
            do=make,
            took_effect=lambda: all(log_groups.is_there(self.account, one) for one in wanted),
        )

    def _make(self) -> Step:
        last: dict[str, Any] = {}

        def is_there() -> bool:
            last.update(named(self.account, self.name) or {})
            status = str(last.get("DBInstanceStatus", ""))
            if status in LOST:
                raise Failed(
                    f"{self.name} is {status}. Delete it (`aws rds modify-db-instance "
                    f"--db-instance-identifier {self.name} --no-deletion-protection`, then `aws "
                    f"rds delete-db-instance --db-instance-identifier {self.name} "
                    "--skip-final-snapshot`) before the next try."
                )
            return status == "available"

        of = f"{self.source['DBInstanceIdentifier']} as it was at {times.utc(self.moment)}"
        return Step(
            says=f"wait for {self.name}, whose restore to that moment was begun before"
            if self.begun
            else f"restore {of} as {self.name}; an hour or more is normal",
            do=(lambda: None) if self.begun else self._restore,
            took_effect=is_there,
            shows=lambda: str(last.get("DBInstanceStatus", "")),
            timeout=SIX_HOURS,
        )

    def _restore(self) -> None:
        rds, request = self.account.client("rds"), likeness.asked(self.source)
        request["Tags"] += [
            {"Key": FROM, "Value": self.source["DbiResourceId"]},
            {"Key": TO, "Value": times.utc(self.moment)},
        ]
        try:
            rds.restore_db_instance_to_point_in_time(
                SourceDBInstanceIdentifier=self.source["DBInstanceIdentifier"],
                TargetDBInstanceIdentifier=self.name,
                RestoreTime=self.moment,
                **request,
            )
        except rds.exceptions.DBInstanceAlreadyExistsFault:
            # The first call took effect although its answer was lost, and was repeated.
            if not _is_ours(instance(self.account, self.name), self.source, self.moment):
                raise

    def _adjust(self) -> Step:
        """What can only be changed once it is available, whatever it does in between."""
        rds, left = self.account.client("rds"), {"nothing": False}

        def change() -> None:
            copy = instance(self.account, self.name)
            different = likeness.missing(self.source, copy)
            left["nothing"] = copy["DBInstanceStatus"] == "available" and not different
            if different and copy["DBInstanceStatus"] == "available":
                rds.modify_db_instance(
                    DBInstanceIdentifier=self.name, ApplyImmediately=True, **different
                )

        return Step(
            says=f"give {self.name} the windows and Performance Insights of its source",
            meanwhile=change,
            took_effect=lambda: left["nothing"],
            timeout=HALF_AN_HOUR,
        )

    def _log_in(self) -> Step:
        held, given = self.credentials, set[str]()

        def logs_in() -> bool:
            try:
                with self.connect(self.account, held, self.name) as connection:
                    connection.execute("SELECT 1")
            except WrongPasswordError:
                if not given:
                    self._give(held)
                    given.add(held.username)
                return False
            return True

        return Step(
            says=f"log in to {self.name} as {held.username}; if the password was another at that "
            "moment, give it the secret's",
            took_effect=logs_in,
            shows=lambda: "it had another password: waiting for the secret's" if given else "",
            timeout=HALF_AN_HOUR,
        )

    def _give(self, held: Credentials) -> None:
        """Nobody uses the instance yet, so its password can be what the application has."""
        copy = instance(self.account, self.name)
        if copy["MasterUsername"] != held.username:
            raise Failed(
                f"{self.name} has another password of {held.username} than the secret, and RDS can "
                f"change that of {copy['MasterUsername']} alone. Give it that one a new password "
                f"(`aws rds modify-db-instance --db-instance-identifier {self.name} "
                "--master-user-password ...`), log in with it through a tunnel to its endpoint, "
                f"and set the secret's: `ALTER ROLE {held.username} LOGIN PASSWORD ...`."
            )
        rds = self.account.client("rds")
        try:
            rds.modify_db_instance(
                DBInstanceIdentifier=self.name,
                MasterUserPassword=held.password,
                ApplyImmediately=True,
            )
        except rds.exceptions.InvalidDBInstanceStateFault:
            # A call that took effect although its answer was lost, and was repeated.
            if instance(self.account, self.name)["DBInstanceStatus"] == "available":
                raise


def plan(account: Account, moment: datetime, name: str, connect: Connect) -> Restore:
    """Look at everything first; Refused: a moment out of reach, or a name that is taken."""
    held = secret.read(account).current
    source, there = together(
        lambda: instance(account), lambda: named(account, name) or dict[str, Any]()
    )
    if there:
        _refuse_another(there, source, moment)
    else:
        _refuse_outside(account, backups.window(account), source["DBInstanceIdentifier"], moment)
    return Restore(
        account=account,
        source=source,
        name=name,
        moment=moment,
        connect=connect,
        credentials=held,
        begun=bool(there),
    )


def _tags(found: dict[str, Any]) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in found.get("TagList", [])}


def _is_ours(there: dict[str, Any], source: dict[str, Any], moment: datetime) -> bool:
    tags = _tags(there)
    return (tags.get(FROM), tags.get(TO)) == (source["DbiResourceId"], times.utc(moment))


def _refuse_another(there: dict[str, Any], source: dict[str, Any], moment: datetime) -> None:
    if _is_ours(there, source, moment):
        return
    tags, name = _tags(there), there["DBInstanceIdentifier"]
    if tags.get(FROM) == source["DbiResourceId"]:
        raise Refused(
            f"{name} is there already, restored to {tags[TO]}: go on with it with --to {tags[TO]}, "
            "or choose another name with --as."
        )
    raise Refused(f"{name} is there already and not a restore of this database: choose another.")


def _refuse_outside(
    account: Account, window: backups.Window | None, name: str, moment: datetime
) -> None:
    if window is None:
        raise Refused(
            f"{name} has no automated backups, so there is no moment to restore; "
            f"`{account.typed('arbor database snapshots')}` shows what else there is."
        )
    if not window.earliest <= moment <= window.latest:
        raise Refused(
            f"{times.utc(moment)} can't be restored: {name} can go back to any moment from "
            f"{times.utc(window.earliest)} to {times.utc(window.latest)}. Its log is "
            "kept every five minutes."
        )
