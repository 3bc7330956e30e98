"""scale: the number of tasks and the autoscaling floor.

Autoscaling would scale in a count above the floor at low load, so the floor is set first, and its
scheduled return before it. docs/decisions/scaling-floor.md explains the effect on config and the
next `pulumi up`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from arbor.account import Account
from arbor.ecs import connections, quota, revisions, services
from arbor.ecs.health import Health
from arbor.procedure import Refused, Run, Step
from arbor.scale import target
from arbor.scale.target import RUNS_WITHIN, ScheduledFloor, Target
from arbor.words import counted
from arbor_names import pools

MINUTES_15 = 900.0
"""Time to pull images, start tasks and drain targets."""
RESUME = (
    "`aws application-autoscaling register-scalable-target --service-namespace {ServiceNamespace} "
    "--scalable-dimension {ScalableDimension} --resource-id {ResourceId} "
    "--suspended-state {what}=false`"
)


FEWER = "choose fewer tasks"


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """A change of the count that was checked and not started."""

    service: services.Service
    target: Target
    count: int
    scheduled_floor: ScheduledFloor | None
    """The floor's scheduled return; None if it stays."""
    is_deployed: bool
    """Whether a deployment is in progress."""
    too_few_vcpus: str = ""
    """Why the next deployment would exceed the quota; empty if it would not."""

    def execute(self, run: Run) -> None:
        """Raises Failed; a second run continues."""
        run.execute(self.steps())
        for line in self.notes():
            run.say(line)

    def steps(self) -> Iterator[Step]:
        """First the floor's scheduled return, then the floor, then the count."""
        held = self.target.scheduled_floor
        if self.scheduled_floor is not None and held != self.scheduled_floor:
            yield self.target.schedule(self.scheduled_floor)
        if self.scheduled_floor is None and held is not None:
            yield self.target.unschedule()
        if self.target.floor != self.count:
            yield self.target.set_floor(self.count)
        yield self._set_count()

    def notes(self) -> Iterator[str]:
        """Notes for the operator."""
        app, stack = self.service.app, self.service.account.stack
        key = f"arbor:services.{app}.min"
        if self.scheduled_floor is not None:
            effect = (
                "target tracking then scales in when the load is low"
                if self.scheduled_floor.floor < self.count
                else "AWS then starts the missing tasks"
            )
            yield (
                f"The floor returns from {self.count} to {self.scheduled_floor}; {effect}. "
                f"Until then it differs from {key} in Pulumi.{stack}.yaml, and the pipeline stops "
                "at that drift."
            )
        else:
            back = self.service.account.typed(f"arbor scale {app} {self.target.floor}")
            yield (
                f"The floor stays at {self.count} until you set it again (`{back}` restores the "
                "old one) or a `pulumi up` changes the service's limits. While it differs from "
                f"{key} in Pulumi.{stack}.yaml, the pipeline stops at the drift: to keep the "
                f"floor, set {key} to {self.count}."
            )
        if self.is_deployed:
            yield (
                f"A deployment of {self.service.name} is in progress: both colours get "
                f"{self.count}, and autoscaling scales in after it ends."
            )
        if self.too_few_vcpus:
            yield self.too_few_vcpus
        if "DynamicScalingInSuspended" in self.target.suspended:
            yield f"Scale-in is suspended: autoscaling stops no task. {self._resume('In')}"
        if "DynamicScalingOutSuspended" in self.target.suspended:
            yield f"Scale-out is suspended: autoscaling starts no task. {self._resume('Out')}"

    def _resume(self, direction: str) -> str:
        what = f"DynamicScaling{direction}Suspended"
        return f"To resume: {resume(self.service.account, self.service.app, what)}."

    def _set_count(self) -> Step:
        """Set the count and wait until it serves; during a deployment, with the new revision."""
        service, ecs = self.service, self.service.account.client("ecs")
        seen = Health(service=service, revision=lambda: service.task_definition).step()
        if service.desired == self.count:
            return replace(seen, timeout=MINUTES_15)
        return replace(
            seen,
            action=f"scale {service.name} from {service.desired} to {counted(self.count, 'task')} "
            "and wait until each runs and its target is healthy",
            do=lambda: ecs.update_service(
                cluster=service.account.cluster, service=service.name, desiredCount=self.count
            ),
            timeout=MINUTES_15,
        )


def resume(account: Account, app: str, what: str) -> str:
    """The command that ends a suspension."""
    return RESUME.format(**target.where(account, app), what=what)


def plan(account: Account, app: str, count: int, until: datetime | None, now: datetime) -> Scaling:
    """Check everything first. Raises Refused with the allowed values."""
    service = services.read(account, app)
    found = target.read(account, app)
    if not 1 <= count <= found.ceiling:
        raise Refused(
            f"{service.name} may run 1 to {counted(found.ceiling, 'task')}, not {count}. Raise "
            f"its ceiling, arbor:services.{app}.max in Pulumi.{account.stack}.yaml, and run "
            f"`pulumi up` of {account.stack}."
        )
    is_deployed = bool(service.deployments(*services.ONGOING))
    allowed = quota.readable(account)
    needed, next_time = _vcpus(service, count, is_deployed=is_deployed)
    if count > service.desired and allowed is not None and needed > allowed:
        raise Refused(
            quota.sentence(f"{service.name} with {counted(count, 'task')}", needed, allowed, FEWER)
        )
    if count > service.desired:
        for too_many in _beyond_connections(service, count):
            raise Refused(too_many)
    return Scaling(
        service=service,
        target=found,
        count=count,
        too_few_vcpus=""
        if allowed is None or next_time <= allowed
        else quota.sentence("The next deployment", next_time, allowed, FEWER),
        scheduled_floor=_scheduled_floor(found, count, until, now),
        is_deployed=is_deployed,
    )


def _vcpus(service: services.Service, count: int, *, is_deployed: bool) -> tuple[float, float]:
    """The vCPUs of all services after the change, and during this one's next deployment."""
    others = quota.running(_others(service))
    live = revisions.read(service.account, service.task_definition).definition
    both = others + quota.vcpus(live, 2 * count)
    return (both if is_deployed else others + quota.vcpus(live, count)), both


def _others(service: services.Service) -> list[services.Service]:
    return [one for one in services.every(service.account) if one.app != service.app]


def _beyond_connections(service: services.Service, count: int) -> Iterator[str]:
    """A sentence if the next deployment with `count` tasks would exceed the connections.

    A count that fits only until then is refused, too: autoscaling and the floor would keep it.
    """
    account, task = service.account, connections.live(service)
    allowed = connections.readable(account) if task.connections else None
    if allowed is None:
        return
    others = connections.running(_others(service))
    needed = others + pools.peak(count, task.workers, task.pool)
    if needed > allowed.connections:
        most = pools.tasks_allowed(allowed.connections - others, task.workers, task.pool)
        yield connections.sentence(
            account,
            f"{service.name} with {counted(count, 'task')}",
            needed,
            allowed,
            f"choose at most {most}" if most else "release with fewer workers per task",
        )


def _scheduled_floor(
    found: Target, count: int, until: datetime | None, now: datetime
) -> ScheduledFloor | None:
    """The floor to return to: the one before the first `arbor scale` that is still in effect."""
    if until is None:
        return None
    if until <= now:
        raise Refused(f"{until:%Y-%m-%d %H:%M} UTC, given with --until, has passed.")
    if "ScheduledScalingSuspended" in found.suspended:
        what = "ScheduledScalingSuspended"
        raise Refused(
            "scheduled scaling is suspended, so the floor would not return. Resume it with "
            f"{resume(found.account, found.app, what)}, or omit --until."
        )
    held, before = found.scheduled_floor, found.floor
    if held is not None and held.due > now:
        before = held.floor
    elif held is not None and held.floor != found.floor and now - held.due < RUNS_WITHIN:
        raise Refused(f"the floor returns to {held} about now: run this again in five minutes.")
    return (
        None if before == count else ScheduledFloor(floor=before, due=until.replace(microsecond=0))
    )
