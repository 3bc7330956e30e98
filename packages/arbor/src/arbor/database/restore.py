"""database restore: a point-in-time restore to a new instance, verified by a login.

Tags on the instance record its source and point in time, so that a second run continues with it.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from arbor import times
from arbor.account import Account, both
from arbor.database import backups, instance, log_groups, restore_settings, secret
from arbor.database.connection import WrongPasswordError
from arbor.database.cut_over import BEFORE, FROM, TO
from arbor.database.instance import AVAILABLE, UNRECOVERABLE
from arbor.database.secret import Credentials
from arbor.procedure import Failed, Refused, Run, Step, nothing

if TYPE_CHECKING:
    from mypy_boto3_rds.type_defs import DBInstanceTypeDef

SIX_HOURS = 6 * 3600.0
"""RDS copies a snapshot and replays the log, which often takes more than an hour."""
HALF_AN_HOUR = 1800.0
Connect = Callable[[Account, Credentials, str], AbstractContextManager[Any]]
"""Connects to the instance of that name. Raises WrongPasswordError."""


@dataclass(frozen=True, kw_only=True)
class Restore:
    """A new restore, or the rest of an interrupted one."""

    account: Account
    source: "DBInstanceTypeDef"
    name: str
    moment: datetime
    connect: Connect
    credentials: Credentials
    """The application's, from the secret."""
    exists: bool
    """Whether an earlier run has started the restore."""

    def execute(self, run: Run) -> None:
        """Raises Failed; a second run continues."""
        try:
            run.execute(self.steps())
        except Failed as failed:
            raise Failed(f"{failed}\n{self._remedy()}") from failed
        except Refused as refused:  # such as a failed tunnel: the instance exists by then
            raise Failed(f"{refused}\n{self._remedy()}") from refused

    def steps(self) -> Iterator[Step]:
        """The steps; each does only its remaining part."""
        yield self._log_groups()
        yield self._restore()
        yield self._modify()
        yield self._log_in()

    def _remedy(self) -> str:
        again = self.account.typed(
            f"arbor database restore --to {times.utc(self.moment)} --as {self.name}"
        )
        return f"{self.name} stays as it is and serves no traffic. Run `{again}` again to continue."

    def _log_groups(self) -> Step:
        """Also under the name that the cut-over gives the old database, where RDS then logs."""
        source = self.source["DBInstanceIdentifier"]
        names = (self.name, f"{source}{BEFORE}")
        groups = log_groups.like_source(self.account, self.source, names)

        def create() -> None:
            for group in groups:
                if not log_groups.matches(self.account, group):
                    log_groups.put(self.account, group)

        return Step(
            action=f"create the log groups of {self.name} with retention and key of {source}'s",
            do=create,
            took_effect=lambda: all(log_groups.matches(self.account, one) for one in groups),
        )

    def _restore(self) -> Step:
        status = ""

        def is_available() -> bool:
            nonlocal status
            found = instance.find(self.account, self.name)
            status = found["DBInstanceStatus"] if found else ""
            if status in UNRECOVERABLE:
                raise Failed(
                    f"{self.name} is {status}. Delete it before you retry: `aws rds "
                    f"modify-db-instance --db-instance-identifier {self.name} "
                    "--no-deletion-protection`, then `aws "
                    f"rds delete-db-instance --db-instance-identifier {self.name} "
                    "--skip-final-snapshot`."
                )
            return status == AVAILABLE

        source = f"{self.source['DBInstanceIdentifier']} of {times.utc(self.moment)}"
        return Step(
            action=f"wait for {self.name}, whose restore is already in progress"
            if self.exists
            else f"restore {source} to {self.name}, which can take more than an hour",
            do=nothing if self.exists else self._start,
            took_effect=is_available,
            shows=lambda: status,
            timeout=SIX_HOURS,
        )

    def _start(self) -> None:
        rds, request = self.account.client("rds"), restore_settings.restore_arguments(self.source)
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
            # Expected if an earlier call took effect and its response was lost.
            if not _is_ours(instance.read(self.account, self.name), self.source, self.moment):
                raise

    def _modify(self) -> Step:
        """Set what RDS changes on an available instance only."""
        rds, is_done = self.account.client("rds"), False

        def change() -> None:
            nonlocal is_done
            copy = instance.read(self.account, self.name)
            if copy["DBInstanceStatus"] != AVAILABLE:
                return
            arguments = restore_settings.modify_arguments(self.source, copy)
            is_done = not arguments
            if arguments:
                rds.modify_db_instance(
                    DBInstanceIdentifier=self.name, ApplyImmediately=True, **arguments
                )

        return Step(
            action=f"set backups, windows and Performance Insights of {self.name} like "
            "its source's",
            meanwhile=change,
            took_effect=lambda: is_done,
            timeout=HALF_AN_HOUR,
        )

    def _log_in(self) -> Step:
        held, is_reset = self.credentials, False

        def logs_in() -> bool:
            nonlocal is_reset
            try:
                with self.connect(self.account, held, self.name) as connection:
                    connection.execute("SELECT 1")
            except WrongPasswordError:
                if not is_reset:
                    self._set_password(held)
                    is_reset = True
                return False
            return True

        return Step(
            action=f"log in to {self.name} as {held.username}; set the secret's password if "
            "the restored one differs",
            took_effect=logs_in,
            shows=lambda: "waiting for the new password to take effect" if is_reset else "",
            timeout=HALF_AN_HOUR,
        )

    def _set_password(self, held: Credentials) -> None:
        """The instance serves no traffic yet, so its password can change."""
        copy = instance.read(self.account, self.name)
        if copy["MasterUsername"] != held.username:
            raise Failed(
                f"The password of {held.username} in {self.name} is not the secret's, and RDS "
                f"can only change that of {copy['MasterUsername']}. Change that one (`aws rds "
                f"modify-db-instance --db-instance-identifier {self.name} --master-user-password "
                "...`), log in with it through a tunnel to the endpoint, and run `ALTER ROLE "
                f"{held.username} LOGIN PASSWORD ...` with the secret's."
            )
        rds = self.account.client("rds")
        try:
            rds.modify_db_instance(
                DBInstanceIdentifier=self.name,
                MasterUserPassword=held.password,
                ApplyImmediately=True,
            )
        except rds.exceptions.InvalidDBInstanceStateFault:
            # Expected if an earlier call took effect and its response was lost.
            if instance.read(self.account, self.name)["DBInstanceStatus"] == AVAILABLE:
                raise


def plan(account: Account, moment: datetime, name: str, connect: Connect) -> Restore:
    """Raises Refused for a time outside the window, or a name in use."""
    held = secret.read(account).current
    source, copy = both(lambda: instance.read(account), lambda: instance.find(account, name))
    if copy:
        _require_ours(copy, source, moment)
    else:
        _require_in_window(account, backups.window(account), source["DBInstanceIdentifier"], moment)
    return Restore(
        account=account,
        source=source,
        name=name,
        moment=moment,
        connect=connect,
        credentials=held,
        exists=copy is not None,
    )


def _tags(found: "DBInstanceTypeDef") -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in found.get("TagList", [])}


def _is_ours(copy: "DBInstanceTypeDef", source: "DBInstanceTypeDef", moment: datetime) -> bool:
    tags = _tags(copy)
    return (tags.get(FROM), tags.get(TO)) == (source["DbiResourceId"], times.utc(moment))


def _require_ours(copy: "DBInstanceTypeDef", source: "DBInstanceTypeDef", moment: datetime) -> None:
    if _is_ours(copy, source, moment):
        return
    tags, name = _tags(copy), copy["DBInstanceIdentifier"]
    if tags.get(FROM) == source["DbiResourceId"]:
        raise Refused(
            f"{name} exists and is a restore to {tags[TO]}: continue with --to {tags[TO]}, or "
            "choose another name with --as."
        )
    raise Refused(
        f"{name} exists and is not a restore of this database: choose another name with --as."
    )


def _require_in_window(
    account: Account, window: backups.Window | None, name: str, moment: datetime
) -> None:
    if window is None:
        raise Refused(
            f"{name} has no automated backups, which point-in-time recovery requires; "
            f"`{account.typed('arbor database snapshots')}` lists snapshots."
        )
    if not window.earliest <= moment <= window.latest:
        raise Refused(
            f"{times.utc(moment)} is outside the recovery window of {name}, from "
            f"{times.utc(window.earliest)} to {times.utc(window.latest)}. RDS saves the log every "
            "five minutes."
        )
