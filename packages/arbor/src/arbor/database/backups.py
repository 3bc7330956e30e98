"""What there is to restore from: snapshots, and how far back automated backups go.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from arbor.account import Account, both
from arbor.database.connection import instance
from arbor_names import naming

if TYPE_CHECKING:
    from typing import Unpack

    from mypy_boto3_rds.type_defs import (
        DBInstanceAutomatedBackupTypeDef,
        DBSnapshotTypeDef,
        DescribeDBSnapshotsMessagePaginateTypeDef,
    )


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """One of the database, whoever made it."""

    name: str
    kind: str
    """`manual`, or `automated`: the latter goes when the retention is over."""
    taken: datetime | None
    """Not known before it is done."""
    gib: int
    """Of the instance's storage; what the snapshot itself takes is less."""
    status: str
    percent: int
    encrypted: bool


@dataclass(frozen=True, kw_only=True)
class Window:
    """Every moment in it can be restored."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True, kw_only=True)
class Backups:
    """Everything that the database can be restored from."""

    snapshots: tuple[Snapshot, ...]
    """The newest first; one that is still made is the newest."""
    restorable: Window | None
    """None without automated backups."""


def read(account: Account) -> Backups:
    """Also of a database that is gone, as long as AWS keeps them; raises Refused without any."""
    name = naming.database_instance(account.stack)
    made, kept = both(
        lambda: described(account, DBInstanceIdentifier=name), lambda: _automated(account, name)
    )
    if not (made or kept):
        instance(account)  # that there is a database without backups is an answer, too
    never = datetime.max.replace(tzinfo=UTC)
    found = sorted((told(one) for one in made), key=lambda one: one.taken or never, reverse=True)
    return Backups(snapshots=tuple(found), restorable=_window(kept))


def window(account: Account) -> Window | None:
    """The moments that the stack's database can be restored to."""
    return _window(_automated(account, naming.database_instance(account.stack)))


def described(
    account: Account, **asked: "Unpack[DescribeDBSnapshotsMessagePaginateTypeDef]"
) -> "list[DBSnapshotTypeDef]":
    """Snapshots as RDS describes them."""
    pages = account.client("rds").get_paginator("describe_db_snapshots").paginate(**asked)
    return [one for page in pages for one in page["DBSnapshots"]]


def told(one: "DBSnapshotTypeDef") -> Snapshot:
    """A snapshot of RDS's in our words."""
    return Snapshot(
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
    """Of the instance that is there; a deleted one of the same name may have left its backups."""
    known = [one["RestoreWindow"] for one in found if one["Status"] == "active"]
    known = [one for one in known if "EarliestTime" in one and "LatestTime" in one]
    if not known:
        return None
    return Window(earliest=known[0]["EarliestTime"], latest=known[0]["LatestTime"])
