"""The database's snapshots, and the window of its automated backups.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from arbor.account import Account, both
from arbor.database import instance
from arbor_names import naming

if TYPE_CHECKING:
    from typing import Unpack

    from mypy_boto3_rds.type_defs import (
        DBInstanceAutomatedBackupTypeDef,
        DBSnapshotTypeDef,
        DescribeDBSnapshotsMessagePaginateTypeDef,
    )


@dataclass(frozen=True, kw_only=True)
class DatabaseSnapshot:
    """A snapshot of the database."""

    name: str
    kind: str
    """`manual`: kept until deleted; `automated`: kept for the retention period."""
    taken: datetime | None
    """None while it is creating."""
    gib: int
    """Allocated storage of the instance, at least the snapshot's own size."""
    status: str
    percent: int
    encrypted: bool


@dataclass(frozen=True, kw_only=True)
class Window:
    """The window of point-in-time recovery."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True, kw_only=True)
class Backups:
    """Sources of a restore."""

    snapshots: tuple[DatabaseSnapshot, ...]
    """Newest first; one that is creating counts as the newest."""
    restorable: Window | None
    """None without automated backups."""


def read(account: Account) -> Backups:
    """Backups also of a deleted database. Raises Refused if there is neither."""
    name = naming.database_instance(account.stack)
    made, kept = both(
        lambda: described(account, DBInstanceIdentifier=name), lambda: _automated(account, name)
    )
    if not (made or kept):
        instance.read(account)  # a database without backups is a result, too
    never = datetime.max.replace(tzinfo=UTC)
    found = sorted((parse(one) for one in made), key=lambda one: one.taken or never, reverse=True)
    return Backups(snapshots=tuple(found), restorable=_window(kept))


def window(account: Account) -> Window | None:
    """The window of the stack's database; None without automated backups."""
    return _window(_automated(account, naming.database_instance(account.stack)))


def described(
    account: Account, **filters: "Unpack[DescribeDBSnapshotsMessagePaginateTypeDef]"
) -> "list[DBSnapshotTypeDef]":
    """Snapshots as RDS describes them, all pages."""
    pages = account.client("rds").get_paginator("describe_db_snapshots").paginate(**filters)
    return [one for page in pages for one in page["DBSnapshots"]]


def parse(one: "DBSnapshotTypeDef") -> DatabaseSnapshot:
    """Parse RDS's description."""
    return DatabaseSnapshot(
        name=one["DBSnapshotIdentifier"],
        kind=one["SnapshotType"],
        taken=one.get("SnapshotCreateTime"),
        gib=one["AllocatedStorage"],
        status=one["Status"],
        percent=one.get("PercentProgress", 0),
        encrypted=one.get("Encrypted", False),
    )


def _automated(account: Account, name: str) -> "list[DBInstanceAutomatedBackupTypeDef]":
    answer = account.client("rds").describe_db_instance_automated_backups(DBInstanceIdentifier=name)
    return answer["DBInstanceAutomatedBackups"]


def _window(found: "list[DBInstanceAutomatedBackupTypeDef]") -> Window | None:
    """Of the existing instance: a deleted one of the same name may have left backups."""
    known = [one["RestoreWindow"] for one in found if one["Status"] == "active"]
    known = [one for one in known if "EarliestTime" in one and "LatestTime" in one]
    if not known:
        return None
    return Window(earliest=known[0]["EarliestTime"], latest=known[0]["LatestTime"])
