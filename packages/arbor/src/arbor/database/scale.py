"""database scale: change the instance class at once, after a report of the consequences."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from arbor.account import Account
from arbor.database import instance
from arbor.database.instance import AVAILABLE, UNRECOVERABLE
from arbor.ecs import connections, services
from arbor.procedure import Failed, Refused, Run, Step, nothing
from arbor.scale import target
from arbor_names import limits, pools

if TYPE_CHECKING:
    from mypy_boto3_rds.type_defs import DBInstanceTypeDef

CLASS: Final = "DBInstanceClass"
HOUR = 3600.0
DAYS = 14
"""Days of connection metrics to consider."""
NOT_OFFERED = frozenset(
    {
        "InsufficientDBInstanceCapacity",
        "InvalidParameterCombination",
        "InvalidParameterValue",
    }
)
"""Errors with which RDS rejects a class: not offered in the region, zone or engine version, or no
capacity."""


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """A checked change of the instance class."""

    account: Account
    found: "DBInstanceTypeDef"
    wanted: str
    most_connections: int
    """Maximum of open connections in the last DAYS days; 0 without a metric."""
    peak: int = 0
    """Connections that the services open at their ceilings in both colours."""

    @property
    def name(self) -> str:
        return self.found["DBInstanceIdentifier"]

    def execute(self, run: Run) -> None:
        """Raises Failed; a second run continues to wait."""
        for line in self.consequences():
            run.say(line)
        run.execute(self.steps())
        run.say(
            f"Now set arbor:databaseClass to {self.wanted} in Pulumi.{self.account.stack}.yaml; "
            "until then the pipeline stops at the drift."
        )

    def consequences(self) -> Iterator[str]:
        """What the change costs users, shown before the confirmation."""
        if self.found["MultiAZ"]:
            yield (
                "Downtime: one to two minutes, when the changed standby takes over and connections "
                "break. The change takes ten minutes or more."
            )
        else:
            yield (
                "Downtime: several minutes, the whole change, because the instance has no standby."
            )
        groups = self.found.get("DBParameterGroups", [])
        if any(group["ParameterApplyStatus"] == "pending-reboot" for group in groups):
            yield "Parameters in pending-reboot take effect with the change."
        usable = limits.usable_connections(self.wanted)
        if self.most_connections > usable:
            yield (
                f"Too few connections: {self.wanted} leaves the application about {usable}; the "
                f"maximum of the last {DAYS} days is {self.most_connections}."
            )
        if self.peak > usable:
            yield (
                f"Too few connections at full load: the services open up to {self.peak} in both "
                f"colours, and {self.wanted} leaves them {usable}. `pulumi up` of "
                f"{self.account.stack} refuses this class until max or workers is lower."
            )

    def steps(self) -> Iterator[Step]:
        """The change, or the wait for one in progress."""
        in_progress = is_in_progress(self.found, self.wanted)
        yield Step(
            action=f"wait until {self.name} is {self.wanted}"
            if in_progress
            else f"change {self.name} from {self.found[CLASS]} to {self.wanted} at once",
            do=nothing if in_progress else self._modify,
            took_effect=self._is_done,
            shows=self._progress,
            timeout=HOUR,
        )

    def _modify(self) -> None:
        rds = self.account.client("rds")
        # Minutes may have passed since the plan.
        if others := list(_other_pending_changes(instance.read(self.account), self.wanted)):
            raise Refused("\n".join(others))
        try:
            rds.modify_db_instance(
                DBInstanceIdentifier=self.name,
                DBInstanceClass=self.wanted,
                ApplyImmediately=True,
            )
        except rds.exceptions.InvalidDBInstanceStateFault:
            # Expected if an earlier call took effect and its response was lost.
            if not is_in_progress(instance.read(self.account), self.wanted):
                raise
        except rds.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in NOT_OFFERED:
                raise
            raise Refused(
                f"RDS rejects {self.wanted} for {self.name}: "
                f"{error.response['Error']['Message'].rstrip('.')}."
            ) from error

    def _is_done(self) -> bool:
        now = instance.read(self.account)
        if now["DBInstanceStatus"] in UNRECOVERABLE:
            raise Failed(
                f"{self.name} is {now['DBInstanceStatus']} and can't recover by itself: see "
                f"`aws rds describe-events --source-type db-instance --source-identifier "
                f"{self.name}`."
            )
        return is_done(now, self.wanted) and not now.get("PendingModifiedValues")

    def _progress(self) -> str:
        now = instance.read(self.account)
        pending = ", ".join(_pending(now))
        return f"{self.name} is {now['DBInstanceStatus']}, {now[CLASS]}" + (
            f"; pending: {pending}" if pending else ""
        )


def is_done(found: "DBInstanceTypeDef", wanted: str) -> bool:
    """Whether the instance has the class, with no change of it pending or in progress."""
    pending = found.get("PendingModifiedValues", {})
    is_available = found["DBInstanceStatus"] == AVAILABLE
    return is_available and found[CLASS] == wanted and CLASS not in pending


def is_in_progress(found: "DBInstanceTypeDef", wanted: str) -> bool:
    """Whether RDS is changing the instance to the class."""
    pending = found.get("PendingModifiedValues", {})
    return found["DBInstanceStatus"] != AVAILABLE and wanted in {
        pending.get(CLASS),
        found[CLASS],
    }


def plan(account: Account, wanted: str) -> Scaling:
    """Raises Refused with the first obstacle."""
    found = instance.read(account)
    _require_known(found[CLASS], wanted)
    status = found["DBInstanceStatus"]
    if status != AVAILABLE and not is_in_progress(found, wanted):
        raise Refused(f"{found['DBInstanceIdentifier']} is {status}: wait until it is available.")
    if others := list(_other_pending_changes(found, wanted)):
        raise Refused("\n".join(others))
    peak = _peak(account)
    for sentence in _too_small(found, wanted, peak):
        raise Refused(sentence)
    return Scaling(
        account=account,
        found=found,
        wanted=wanted,
        most_connections=_most_connections(account, found["DBInstanceIdentifier"]),
        peak=peak,
    )


def _peak(account: Account) -> int:
    """Connections of all services at their ceilings in both colours; 0 without a service."""
    try:
        found = services.every(account)
    except Refused:
        return 0  # no cluster
    most = 0
    for service in found:
        task = connections.live(service)
        if not task.connections:
            continue
        try:
            ceiling = target.read(account, service.app).ceiling
        except Refused:
            continue  # no autoscaling
        most += pools.peak(ceiling, task.workers, task.pool)
    return most


def _too_small(found: "DBInstanceTypeDef", wanted: str, peak: int) -> Iterator[str]:
    """A finding if a smaller class has too few connections for full load."""
    usable, now = limits.usable_connections(wanted), found[CLASS]
    before = limits.usable_connections(now) if now in limits.DATABASE_MEMORY_GIB else usable
    if usable < before and peak > usable and not is_in_progress(found, wanted):
        fits = limits.class_with_connections(peak, like=wanted)
        yield (
            f"{wanted} leaves the application {usable} connections, and the services open up to "
            f"{peak} at their ceilings in both colours: "
            + (f"choose {fits} or larger, or " if fits else "")
            + "first lower max or workers of the services in config."
        )


def _require_known(now: str, wanted: str) -> None:
    if wanted in limits.DATABASE_MEMORY_GIB:
        return
    family = now.rsplit(".", 1)[0]
    families = sorted({name.rsplit(".", 1)[0] for name in limits.DATABASE_MEMORY_GIB})
    like = [name for name in limits.DATABASE_MEMORY_GIB if name.startswith(f"{family}.")]
    raise Refused(
        f"{wanted} is not a class for this PostgreSQL; allowed: {', '.join(like)}, or a size of "
        f"{', '.join(one for one in families if one != family)}."
    )


def _other_pending_changes(found: "DBInstanceTypeDef", wanted: str) -> Iterator[str]:
    """ApplyImmediately applies every pending change, so only ours may be pending.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.ApplyImmediately.html
    """
    others = [one for one in _pending(found) if one != f"{CLASS} {wanted}"]
    if others:
        name, window = found["DBInstanceIdentifier"], found["PreferredMaintenanceWindow"]
        yield (
            f"{name} has pending changes that would be applied with the class: "
            f"{', '.join(others)}. Wait until they are applied (maintenance window {window} UTC), "
            f"or cancel them: `aws rds modify-db-instance --db-instance-identifier {name} "
            "--apply-immediately` with the current values."
        )


def _pending(found: "DBInstanceTypeDef") -> list[str]:
    return [f"{key} {value}" for key, value in found.get("PendingModifiedValues", {}).items()]


def _most_connections(account: Account, name: str) -> int:
    """Hourly maximum from CloudWatch."""
    now = datetime.now(UTC)
    found = account.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/RDS",
        MetricName="DatabaseConnections",
        Dimensions=[{"Name": "DBInstanceIdentifier", "Value": name}],
        StartTime=now - timedelta(days=DAYS),
        EndTime=now,
        Period=int(HOUR),
        Statistics=["Maximum"],
    )["Datapoints"]
    return max((int(one["Maximum"]) for one in found), default=0)
