"""The database: whether it serves, what it is, what waits to be changed, how full it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from arbor.account import Account, together
from arbor.incident import metrics
from arbor.incident.row import Row
from arbor_names import limits, naming

WELL = frozenset(
    {
        "available",
        "backing-up",
        "configuring-enhanced-monitoring",
        "configuring-iam-database-auth",
        "configuring-log-exports",
        "storage-optimization",
    }
)
CHANGING = frozenset({"modifying", "resetting-master-credentials"})
"""It serves, but for the moments in which the change happens. All statuses:
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html"""
FULL = 0.1
"""Less than this part free is little."""


@dataclass(frozen=True, kw_only=True)
class DatabaseNow:
    """The instance."""

    name: str
    status: str
    """`absent` where there is none."""
    instance_class: str = ""
    multi_az: bool = False
    pending: list[str]
    """What is to change, such as in the next window."""
    size_gib: int = 0
    environment: str = ""
    """Its tag `Environment`; nothing where it has none."""
    free_gib: float | None = None
    """None where CloudWatch does not say."""

    @property
    def serves(self) -> bool:
        return self.status in WELL | CHANGING

    @property
    def full(self) -> bool:
        return self.free_gib is not None and self.free_gib < FULL * self.size_gib


def read(account: Account, now: datetime) -> DatabaseNow:
    """Its description and its free storage, side by side."""
    name = naming.database_instance(account.stack)
    asked: list[Any] = together(
        partial(_described, account, name), partial(_free_gib, account, name, now)
    )
    found, free = asked
    if found is None:
        return DatabaseNow(name=name, status="absent", pending=[])
    return DatabaseNow(
        name=name,
        status=found["DBInstanceStatus"],
        instance_class=found["DBInstanceClass"],
        multi_az=found["MultiAZ"],
        pending=[_pending(*change) for change in found.get("PendingModifiedValues", {}).items()],
        size_gib=found["AllocatedStorage"],
        environment=_environment(found),
        free_gib=free,
    )


def _described(account: Account, name: str) -> dict[str, Any] | None:
    rds = account.client("rds")
    try:
        (found,) = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    except rds.exceptions.DBInstanceNotFoundFault:
        return None
    return dict(found)


def _environment(found: dict[str, Any]) -> str:
    tags = {tag["Key"]: tag["Value"] for tag in found.get("TagList", [])}
    return str(tags.get("Environment", ""))


def _free_gib(account: Account, name: str, now: datetime) -> float | None:
    """It is an extra: where CloudWatch does not answer, the database is told without it."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

    metric = metrics.of_database("FreeStorageSpace", "Minimum", name)
    try:
        (values,) = metrics.ask(account, [metric], now, timedelta(minutes=15))
    except (BotoCoreError, ClientError):
        return None
    return min(values) / limits.GIB if values else None


def _pending(name: str, value: object) -> str:
    """RDS itself writes stars for a password."""
    return f"{name} {value}"


def rows(found: DatabaseNow, environment: str) -> list[Row]:
    if found.status == "absent":
        return [Row("NG", "database", f"there is no instance {found.name}")]
    zones = "Multi-AZ" if found.multi_az else "one zone"
    pending = f"; pending: {', '.join(found.pending)}" if found.pending else ""
    free = "?" if found.free_gib is None else f"{found.free_gib:.1f}"
    wrong = not found.serves or found.full or lacks_standby(found, environment)
    return [
        Row(
            "NG" if wrong else "OK",
            "database",
            f"{found.status}, {found.instance_class}, {zones}; "
            f"{free} of {found.size_gib} GiB free{pending}",
        )
    ]


def lacks_standby(found: DatabaseNow, environment: str) -> bool:
    """The runbook promises Multi-AZ in production only."""
    return environment == "production" and not found.multi_az
