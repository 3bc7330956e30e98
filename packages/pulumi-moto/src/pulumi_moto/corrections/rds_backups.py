"""RDS: snapshots take time, and automated backups have a restorable window."""

from typing import Any

from moto.rds.exceptions import RDSClientError
from moto.rds.models import DBInstance, DBSnapshot, RDSBackend
from moto.rds.responses import RDSResponse

from pulumi_moto.clock import CLOCK
from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.corrections.rds_instance import Instance, instances
from pulumi_moto.shapes import Members

SECONDS = 120.0
"""Duration of a snapshot."""
RETAINED = "retained_backups"
QUOTA = 100
"""Manual snapshots in a region: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html"""


def settle(snapshot: DBSnapshot) -> None:
    """Set status and progress; moto has no percentage."""
    left = max(snapshot.__dict__.get("due", 0.0) - CLOCK.now(), 0.0)
    snapshot.__dict__["percent_progress"] = round(100 * (1 - left / SECONDS))
    snapshot.status = "creating" if left else "available"


@corrects(
    RDSBackend,
    moto="returns it as available at once, of an instance in any state; its quota is 1000",
    aws="returns it as creating, with a percentage, while the instance is backing-up; refuses one "
    "of an unavailable instance, and the 101st manual one",
)
def create_db_snapshot(
    original: Replacement, self: RDSBackend, *args: Any, **params: Any
) -> DBSnapshot:
    found = self.databases.get(params.get("db_instance_identifier") or args[0])
    if params.get("snapshot_type", "manual") != "manual" or not isinstance(found, Instance):
        automated: DBSnapshot = original(self, *args, **params)
        return automated
    manual = [one for one in self.database_snapshots.values() if one.snapshot_type == "manual"]
    if len(manual) >= QUOTA:
        raise RDSClientError(
            "SnapshotQuotaExceeded", f"Cannot create more than {QUOTA} manual snapshots"
        )
    name = params.get("db_snapshot_identifier") or args[1]
    if name not in self.database_snapshots and found.status != "available":
        raise RDSClientError(
            "InvalidDBInstanceState",
            f"Cannot create a snapshot because the database instance {found.db_instance_identifier}"
            " is not currently in the available state.",
        )
    made: DBSnapshot = original(self, *args, **params)
    made.__dict__["due"] = CLOCK.now() + SECONDS
    settle(made)
    found.occupy("backing-up", SECONDS)
    return made


@corrects(
    RDSResponse,
    call="every call of rds (snapshots)",
    moto="has no progress",
    aws="progresses with time",
)
def call_action(original: Replacement, self: RDSResponse) -> object:
    for snapshot in self.backend.database_snapshots.values():
        settle(snapshot)
    return original(self)


@corrects(
    RDSBackend,
    moto="returns name and status only",
    aws="returns the restorable window, finds an instance by its resource id, and returns those "
    "that were retained when their instance was deleted",
)
def describe_db_instance_automated_backups(
    original: Replacement,
    self: RDSBackend,
    db_instance_identifier: str | None = None,
    dbi_resource_id: str | None = None,
    **_: object,
) -> list[Members]:
    active = [_backup(one) for one in instances(self) if int(one.backup_retention_period)]
    return [
        backup
        for backup in (*active, *self.__dict__.get(RETAINED, ()))
        if db_instance_identifier in {None, backup["DBInstanceIdentifier"]}
        and dbi_resource_id in {None, backup["DbiResourceId"]}
    ]


def _backup(one: Instance, status: str = "active") -> Members:
    return {
        "DBInstanceIdentifier": one.db_instance_identifier,
        "DBInstanceArn": one.arn,
        "DbiResourceId": one.dbi_resource_id,
        "Region": one.backend.region_name,
        "Status": status,
        "RestoreWindow": one.restore_window,
        "BackupRetentionPeriod": one.backup_retention_period,
        "Encrypted": one.storage_encrypted,
        "Engine": one.engine,
    }


def retain_backups(found: DBInstance) -> None:
    """Retain the automated backups of an instance deleted without DeleteAutomatedBackups.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.Retaining.html
    """
    if isinstance(found, Instance) and int(found.backup_retention_period):
        found.backend.__dict__.setdefault(RETAINED, []).append(_backup(found, "retained"))
