"""database scale: another class of the instance, at once, with what it costs said before."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from arbor.account import Account
from arbor.database.connection import instance as described
from arbor.ecs import connections, services
from arbor.procedure import Failed, Refused, Run, Step, nothing
from arbor.scale import target
from arbor_names import limits, pools

CLASS = "DBInstanceClass"
HOUR = 3600.0
DAYS = 14
"""As far back as the application's connections are looked at."""
BROKEN = frozenset(
    {
        "failed",
        "inaccessible-encryption-credentials",
        "incompatible-network",
        "incompatible-option-group",
        "incompatible-parameters",
        "incompatible-restore",
        "storage-full",
    }
)
"""From these an instance doesn't come back by itself:
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html"""

NOT_OFFERED = frozenset(
    {
        "InsufficientDBInstanceCapacity",
        "InvalidParameterCombination",
        "InvalidParameterValue",
    }
)
"""With which RDS refuses a class before it changes anything: none of it in this region or zone,
not with this engine's version, or none left."""


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """What is to be done for a class, checked and not begun."""

    account: Account
    found: dict[str, Any]
    """The instance as RDS described it."""
    wanted: str
    most_connections: int
    """That the application had open at one time lately; 0 where nobody counted."""
    peak: int = 0
    """That the services open at their ceilings in both colours."""

    @property
    def name(self) -> str:
        return str(self.found["DBInstanceIdentifier"])

    def execute(self, run: Run) -> None:
        """Raises Failed; the same again waits on."""
        for line in self.costs():
            run.say(line)
        run.execute(self.steps())
        run.say(
            f"For good: set arbor:databaseClass to {self.wanted} in "
            f"Pulumi.{self.account.stack}.yaml; until then the pipeline stops at the drift."
        )

    def costs(self) -> Iterator[str]:
        """What users will notice, before anybody says yes."""
        if self.found["MultiAZ"]:
            yield (
                "Downtime: the standby is changed first, then takes over: connections break, and "
                "for one to two minutes there is no database. The whole takes ten minutes or more."
            )
        else:
            yield (
                "Downtime: there is no standby, so there is no database during the whole change: "
                "several minutes."
            )
        groups = self.found.get("DBParameterGroups", [])
        if any(group["ParameterApplyStatus"] == "pending-reboot" for group in groups):
            yield "Parameters that wait for a restart take effect with it (pending-reboot)."
        usable = limits.usable_connections(self.wanted)
        if self.most_connections > usable:
            yield (
                f"Too few connections: {self.wanted} leaves the application about {usable}, and in "
                f"the last {DAYS} days {self.most_connections} were open at one time."
            )
        if self.peak > usable:
            yield (
                f"Too few connections at full load: the services open up to {self.peak} in both "
                f"colours, and {self.wanted} leaves them {usable}. `pulumi up` of "
                f"{self.account.stack} refuses that class until max or workers is lower."
            )

    def steps(self) -> Iterator[Step]:
        """The change, or what is left of it."""
        begun = is_begun(self.found, self.wanted)
        yield Step(
            says=f"wait until {self.name} is {self.wanted}"
            if begun
            else f"change {self.name} from {self.found[CLASS]} to {self.wanted} at once",
            do=nothing if begun else self._modify,
            took_effect=self._is_done,
            shows=self._progress,
            timeout=HOUR,
        )

    def _modify(self) -> None:
        rds = self.account.client("rds")
        # Minutes may have passed since the first look.
        if others := list(_pending_of_others(described(self.account), self.wanted)):
            raise Refused("\n".join(others))
        try:
            rds.modify_db_instance(
                DBInstanceIdentifier=self.name,
                DBInstanceClass=self.wanted,
                ApplyImmediately=True,
            )
        except rds.exceptions.InvalidDBInstanceStateFault:
            # A repeated call finds the first, whose answer was lost, under way.
            if not is_begun(described(self.account), self.wanted):
                raise
        except rds.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in NOT_OFFERED:
                raise
            raise Refused(
                f"RDS does not take {self.wanted} for {self.name}: "
                f"{error.response['Error']['Message'].rstrip('.')}."
            ) from error

    def _is_done(self) -> bool:
        now = described(self.account)
        if now["DBInstanceStatus"] in BROKEN:
            raise Failed(
                f"{self.name} is {now['DBInstanceStatus']}, from which it does not come back by "
                f"itself: `aws rds describe-events --source-type db-instance --source-identifier "
                f"{self.name}` says why."
            )
        return is_there(now, self.wanted) and not now.get("PendingModifiedValues")

    def _progress(self) -> str:
        now = described(self.account)
        waits = ", ".join(_told(now))
        return f"{self.name} is {now['DBInstanceStatus']}, {now[CLASS]}" + (
            f"; pending: {waits}" if waits else ""
        )


def is_there(found: dict[str, Any], wanted: str) -> bool:
    """Whether it has the class, and no change of it is under way or waits."""
    waits = found.get("PendingModifiedValues", {})
    return (
        found["DBInstanceStatus"] == "available" and found[CLASS] == wanted and CLASS not in waits
    )


def is_begun(found: dict[str, Any], wanted: str) -> bool:
    """Whether RDS changes it to the class already."""
    pending = found.get("PendingModifiedValues", {})
    return found["DBInstanceStatus"] != "available" and wanted in {
        pending.get(CLASS),
        found[CLASS],
    }


def plan(account: Account, wanted: str) -> Scaling:
    """Look at everything first; raises Refused with what is in the way."""
    found = described(account)
    _refuse_unknown(found[CLASS], wanted)
    status = found["DBInstanceStatus"]
    if status != "available" and not is_begun(found, wanted):
        raise Refused(f"{found['DBInstanceIdentifier']} is {status}: wait until it is available.")
    if others := list(_pending_of_others(found, wanted)):
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
    """Connections of every service at its ceiling in both colours; 0 before there is a service."""
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
            continue  # it does not scale by itself
        most += pools.peak(ceiling, task.workers, task.pool)
    return most


def _too_small(found: dict[str, Any], wanted: str, peak: int) -> Iterator[str]:
    """A sentence for a smaller class that full load would exhaust; a larger one always helps."""
    usable, now = limits.usable_connections(wanted), found[CLASS]
    before = limits.usable_connections(now) if now in limits.DATABASE_MEMORY_GIB else usable
    if usable < before and peak > usable and not is_begun(found, wanted):
        fits = limits.class_with_connections(peak, like=wanted)
        yield (
            f"{wanted} leaves the application {usable} connections, and the services open up to "
            f"{peak} at their ceilings in both colours: "
            + (f"choose {fits} or larger, or " if fits else "")
            + "lower max or workers of the services in config first."
        )


def _refuse_unknown(now: str, wanted: str) -> None:
    if wanted in limits.DATABASE_MEMORY_GIB:
        return
    family = now.rsplit(".", 1)[0]
    families = sorted({name.rsplit(".", 1)[0] for name in limits.DATABASE_MEMORY_GIB})
    like = [name for name in limits.DATABASE_MEMORY_GIB if name.startswith(f"{family}.")]
    raise Refused(
        f"{wanted} is no class that runs this PostgreSQL; allowed: {', '.join(like)}, or a size of "
        f"{', '.join(one for one in families if one != family)}."
    )


def _pending_of_others(found: dict[str, Any], wanted: str) -> Iterator[str]:
    """At once means everything that is pending, so it must be ours alone.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.ApplyImmediately.html
    """
    waits = [one for one in _told(found) if one != f"{CLASS} {wanted}"]
    if waits:
        name, window = found["DBInstanceIdentifier"], found["PreferredMaintenanceWindow"]
        yield (
            f"{name} has changes pending that would be applied with the class: "
            f"{', '.join(waits)}. Wait until they are in (the maintenance window is {window} UTC), "
            f"or take them back: `aws rds modify-db-instance --db-instance-identifier {name} "
            "--apply-immediately` with the values that it has now."
        )


def _told(found: dict[str, Any]) -> list[str]:
    return [f"{key} {value}" for key, value in found.get("PendingModifiedValues", {}).items()]


def _most_connections(account: Account, name: str) -> int:
    """By the hour, as CloudWatch counted them."""
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
