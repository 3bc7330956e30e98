"""RDS: an instance's resource id, pending changes, restorable window and passwords."""

import secrets
import string
from datetime import datetime, timedelta

from moto.core.utils import utcnow
from moto.rds.models import DBInstance, RDSBackend
from moto.rds.responses import RDSResponse

from pulumi_moto.clock import CLOCK
from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.corrections.rds_logs import make_missing_groups
from pulumi_moto.corrections.rds_majors import GROUP, back_up_before, is_major_upgrade
from pulumi_moto.corrections.rds_windows import next_start
from pulumi_moto.shapes import Members

WAITS = {
    "db_instance_class": "DBInstanceClass",
    "allocated_storage": "AllocatedStorage",
    "storage_type": "StorageType",
    "iops": "Iops",
    "storage_throughput": "StorageThroughput",
    "engine_version": "EngineVersion",
    "multi_az": "MultiAZ",
    "backup_retention_period": "BackupRetentionPeriod",
    "license_model": "LicenseModel",
    "ca_certificate_identifier": "CACertificateIdentifier",
    "db_subnet_group_name": "DBSubnetGroupName",
    "new_db_instance_identifier": "DBInstanceIdentifier",
}
"""Parameters that wait for the maintenance window unless ApplyImmediately is set, and their names
in PendingModifiedValues. All others (password, port, windows, groups, protection) change at once:
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html"""
LOGS_SHIPPED_EVERY = 5
"""Minutes."""
BUSY = frozenset({"creating", "backing-up"})
"""States that end by themselves."""


def now() -> datetime:
    """Return the account's time: the real time, plus the seconds on the account's clock."""
    return utcnow() + timedelta(seconds=CLOCK.now())


class Instance(DBInstance):
    """moto's instance with AWS's additional attributes; `made` turns each instance into one."""

    waiting: Members
    """Changes that wait for the maintenance window."""
    waiting_since: datetime
    needs_reboot: bool
    """A static parameter, or the parameter group, changed since it started."""

    new_password: str | None
    """The pending master password; the database accepts it after RDS has responded."""
    password_due: float
    passwords: list[tuple[datetime, str]]
    """The master passwords, each with the time from which it was valid, oldest first."""

    busy_until: float
    """End of the creation or backup, on the account's clock."""

    @property
    def pending_modified_values(self) -> Members:
        password = {} if self.new_password is None else {"MasterUserPassword": "****"}
        pending = {WAITS[name]: value for name, value in self.waiting.items() if name in WAITS}
        return pending | password

    @property
    def endpoint(self) -> Members | None:  # type: ignore[override] # moto: never None
        """None while the instance is created."""
        return None if self.status == "creating" else super().endpoint

    @property
    def restore_window(self) -> dict[str, datetime]:
        latest = self.latest_restorable_time
        assert latest is not None
        return {"EarliestTime": self.earliest_restorable_time, "LatestTime": latest}

    @property
    def earliest_restorable_time(self) -> datetime:
        kept = timedelta(days=int(self.backup_retention_period))
        return max(self.created, now() - kept).replace(microsecond=0)

    @property
    def latest_restorable_time(self) -> datetime | None:  # type: ignore[override] # moto: never None
        """None without automated backups."""
        if not int(self.backup_retention_period):
            return None
        time = now().replace(second=0)
        shipped = time.replace(minute=time.minute - time.minute % LOGS_SHIPPED_EVERY)
        return max(self.created, shipped).replace(microsecond=0)

    @property
    def db_parameter_group_status_list(self) -> list[dict[str, str]]:
        status = "pending-reboot" if self.needs_reboot else "in-sync"
        return [
            {"DBParameterGroupName": group.name, "ParameterApplyStatus": status}
            for group in self.db_parameter_groups()
        ]

    def default_db_parameter_group_details(self) -> tuple[str, str]:
        """Handle a version without a minor number, for which moto finds no family."""
        family = f"{self.engine.lower()}{str(self.engine_version).split('.', maxsplit=1)[0]}"
        return (
            (family, f"default.{family}")
            if self.engine == "postgres"
            else super().default_db_parameter_group_details()
        )

    def change(self, values: Members) -> None:
        if is_major_upgrade(self, values):
            back_up_before(self, str(values["engine_version"]), now())
            # The strict reading: AWS documents the reboot after an upgrade to a custom group for
            # Aurora only.
            self.needs_reboot = GROUP in values
        for name, value in values.items():
            if name == "new_db_instance_identifier":
                del self.backend.databases[self.db_instance_identifier]
                self.db_instance_identifier = value
                self.backend.databases[value] = self
            else:
                setattr(self, name, value)
        make_missing_groups(self)  # a new name changes the log groups
        self.waiting = {name: held for name, held in self.waiting.items() if name not in values}

    def occupy(self, status: str, seconds: float) -> None:
        """Set `status` for the given time."""
        self.status, self.busy_until = status, CLOCK.now() + seconds

    def password_at(self, moment: datetime) -> str:
        """Return the master password that was valid at that time."""
        taken = [password for since, password in self.passwords if since <= moment]
        return taken[-1] if taken else self.passwords[0][1]

    def settle(self) -> None:
        """Apply what is due on the clock: passwords, states, changes pending for the window."""
        if self.new_password is not None and CLOCK.now() >= self.password_due:
            since = now() - timedelta(seconds=CLOCK.now() - self.password_due)
            self.passwords.append((since, self.new_password))
            self.master_user_password, self.new_password = self.new_password, None
            self.status = "available"
        if self.status in BUSY and CLOCK.now() >= self.busy_until:
            self.status = "available"
        if not self.waiting:
            return
        if now() >= next_start(self.preferred_maintenance_window, self.waiting_since):
            self.change(self.waiting)


def instances(backend: RDSBackend) -> list[Instance]:
    return [found for found in backend.databases.values() if isinstance(found, Instance)]


@corrects(
    DBInstance,
    "__init__",
    call="rds.create_db_instance (DbiResourceId)",
    moto="assigns one resource id to all instances; returns no pending changes",
    aws="assigns each its own; returns PendingModifiedValues, ParameterApplyStatus and the latest "
    "restorable time",
)
def made(original: Replacement, self: DBInstance, *args: object, **kwargs: object) -> None:
    original(self, *args, **kwargs)
    _begin(self, str(kwargs.get("master_user_password") or ""))
    if type(self) is DBInstance:  # a member of a cluster is changed with its cluster
        self.__class__ = Instance  # type: ignore[type-abstract] # as moto


def _begin(instance: DBInstance, password: str = "") -> None:
    drawn = "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(26))
    instance.dbi_resource_id = f"db-{drawn}"
    instance.__dict__.update(waiting={}, waiting_since=now(), needs_reboot=False)
    instance.__dict__.update(new_password=None, password_due=0.0, passwords=[(now(), password)])
    instance.__dict__.update(busy_until=0.0)


@corrects(
    RDSResponse,
    call="every call of rds",
    moto="has no maintenance windows",
    aws="applies pending changes in the window",
)
def call_action(original: Replacement, self: RDSResponse) -> object:
    for instance in instances(self.backend):
        instance.settle()
    return original(self)
