"""The database instance: status, class, pending changes and free storage."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from arbor.account import Account, both
from arbor.check import Check
from arbor.database import instance
from arbor.incident import metrics
from arbor_names import naming

AVAILABLE = frozenset(
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
"""The instance serves, with short interruptions. All statuses:
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html"""
LITTLE = 0.1
"""The fraction of the storage below which free space is little."""


@dataclass(frozen=True, kw_only=True)
class DatabaseState:
    """The instance."""

    name: str
    status: str
    """`absent` if it doesn't exist."""
    instance_class: str = ""
    multi_az: bool = False
    pending: list[str]
    """Modifications that wait, such as for the maintenance window."""
    size_gib: int = 0
    environment: str = ""
    """Its tag `Environment`; empty without one."""
    free_gib: float | None = None
    """None if CloudWatch has no data point."""

    @property
    def serves(self) -> bool:
        return self.status in AVAILABLE | CHANGING

    @property
    def full(self) -> bool:
        return self.free_gib is not None and self.free_gib < LITTLE * self.size_gib


def read(account: Account, now: datetime) -> DatabaseState:
    """Description and free storage, in parallel."""
    name = naming.database_instance(account.stack)
    found, free = both(
        partial(instance.find, account, name), partial(metrics.free_storage_gib, account, now)
    )
    if found is None:
        return DatabaseState(name=name, status="absent", pending=[])
    tags = {tag["Key"]: tag["Value"] for tag in found.get("TagList", [])}
    return DatabaseState(
        name=name,
        status=found["DBInstanceStatus"],
        instance_class=found["DBInstanceClass"],
        multi_az=found["MultiAZ"],
        # RDS masks a password.
        pending=[f"{key} {value}" for key, value in found.get("PendingModifiedValues", {}).items()],
        size_gib=found["AllocatedStorage"],
        environment=tags.get("Environment", ""),
        free_gib=free,
    )


def checks(found: DatabaseState, environment: str) -> list[Check]:
    """One check."""
    if found.status == "absent":
        return [Check(status="NG", name="database", message=f"there is no instance {found.name}")]
    zones = "Multi-AZ" if found.multi_az else "one zone"
    pending = f"; pending: {', '.join(found.pending)}" if found.pending else ""
    free = "?" if found.free_gib is None else f"{found.free_gib:.1f}"
    wrong = not found.serves or found.full or lacks_standby(found, environment)
    return [
        Check(
            status="NG" if wrong else "OK",
            name="database",
            message=(
                f"{found.status}, {found.instance_class}, {zones}; "
                f"{free} of {found.size_gib} GiB free{pending}"
            ),
        )
    ]


def lacks_standby(found: DatabaseState, environment: str) -> bool:
    """Production requires Multi-AZ."""
    return environment == "production" and not found.multi_az
