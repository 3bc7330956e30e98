"""A service's deployments and their tasks, in addition to moto's state.

A new deployment stops an ongoing one (STOPPED). Its first stage, RECONCILE_SERVICE, then returns
the service to one revision: the one with the production traffic. A deployment does not watch an
alarm that is in ALARM at its start.

A task that can't be started or registered is an event of the service, and is retried at each
`settle`; until then the deployment stays IN_PROGRESS, because there is no circuit breaker.

Not modelled: more than one load balancer a service, services without Fargate (their tasks never
start, as in a cluster without instances), minimum and maximum percent (a rolling deployment starts
all new tasks, then stops all old ones), Service Connect, task sets, DAEMON.
"""

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.exceptions import ServiceException
from moto.core.utils import utcnow
from moto.ecs.models import EC2ContainerServiceBackend, Service, Task

from pulumi_moto import alarm_state
from pulumi_moto.clock import CLOCK
from pulumi_moto.ecs import tasks, traffic
from pulumi_moto.ecs.capacity import is_fargate
from pulumi_moto.ecs.deployment import (
    BLUE_GREEN_STAGES,
    RECONCILE,
    ROLLING_STAGES,
    Deployment,
    Hook,
)
from pulumi_moto.ecs.events import Events
from pulumi_moto.ecs.launch import launch
from pulumi_moto.ecs.role import may_manage
from pulumi_moto.ecs.rollout import Revision, Rollout
from pulumi_moto.ecs.stages import StageActions
from pulumi_moto.shapes import Members

MINUTE = 60.0
DAY_MINUTES = 1440
DRAIN_SECONDS = 30.0
"""Draining time of a deleted service, from SIGTERM to the end of its last task."""
KEY = "rollouts"


class ServiceState:
    """Starts, counts and stops the tasks of one service; stored on moto's service."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.rollouts: list[Rollout] = []
        """Oldest first."""
        self.events = Events(service)
        self.drained_at = 0.0

    @property
    def backend(self) -> EC2ContainerServiceBackend:
        return self.service._backend

    @property
    def configuration(self) -> Members:
        found: Members = self.service.__dict__.get("deployment_configuration") or {}
        return found

    @property
    def current(self) -> Rollout | None:
        """The ongoing deployment."""
        newest = self.rollouts[-1] if self.rollouts else None
        return newest if newest and newest.deployment.ongoing else None

    @property
    def active(self) -> list[Rollout]:
        """Deployments with a running revision, the one with the production traffic first."""
        running = [rollout for rollout in reversed(self.rollouts) if rollout.runs]
        return sorted(running, key=lambda r: (-self._production_weight(r), not _succeeded(r)))

    # Deployments

    def begin(self) -> Rollout:
        """Start a deployment of the service's current configuration."""
        if (running := self.current) is not None:
            running.deployment.stop("A newer service deployment was started.")
            running.finished = utcnow()
        sources = tuple(self.active)
        blue_green = self.configuration.get("strategy") == "BLUE_GREEN"
        stages = BLUE_GREEN_STAGES if blue_green else ROLLING_STAGES
        watched = self.configuration.get("alarms") or {}
        names = tuple(watched.get("alarmNames") or ()) if watched.get("enable") else ()
        rollout = Rollout(
            revision=Revision.of(self.service),
            configuration=self.configuration,
            alarms=() if self.in_alarm(names) else names,
            sources=sources,
            deployment=Deployment(
                stages=(RECONCILE, *stages) if len(sources) > 1 else stages,
                bake_seconds=MINUTE * float(self.configuration.get("bakeTimeInMinutes") or 0),
                hooks=[_hook(h) for h in self.configuration.get("lifecycleHooks") or []],
                has_source=any(_succeeded(source) for source in sources),
                alarm_rolls_back=bool(watched.get("rollback")),
                entered=CLOCK.now(),
            ),
        )
        self.rollouts.append(rollout)
        self.settle()
        return rollout

    def end(self) -> None:
        """Delete the service: it drains, and is then INACTIVE."""
        if (running := self.current) is not None:
            running.deployment.stop("The service was deleted.")
            running.finished = utcnow()
        drains = any(rollout.tasks for rollout in self.rollouts)
        self.service.status = "DRAINING" if drains else "INACTIVE"
        self.drained_at = CLOCK.now() + DRAIN_SECONDS
        self.service.desired_count = 0
        for rollout in self.rollouts:
            self.scale(rollout, 0)
            rollout.runs = False

    def in_alarm(self, names: tuple[str, ...]) -> str | None:
        """Return the first of the alarms in ALARM."""
        service = self.service
        cloudwatch = cloudwatch_backends[service._account_id][service.region_name]
        known = cloudwatch.alarms
        for name in names:
            if name in known:
                alarm_state.settle(cloudwatch, known[name])
        in_alarm = (n for n in names if n in known and known[n].state_value == "ALARM")
        return next(in_alarm, None)

    # Catching up

    def settle(self) -> None:
        """Bring the deployment and the number of tasks up to the clock."""
        if self.service.status == "DRAINING":
            if CLOCK.now() >= self.drained_at and self._may_deregister():
                self.service.status = "INACTIVE"
            return
        if (rollout := self.current) is not None:
            rollout.deployment.advance(CLOCK.now(), StageActions(self, rollout))
            if rollout.deployment.rollback_reason and rollout.rollback_started is None:
                rollout.rollback_started = utcnow()
            if not rollout.deployment.ongoing:
                rollout.finished = utcnow()
                self._add_final_event(rollout)
        for one in self.rollouts:
            if one.runs:
                self.scale(one, int(self.service.desired_count))

    def scale(self, rollout: Rollout, count: int) -> None:
        """Start or stop tasks until `count` of them run; replace stopped ones."""
        for task in [task for task in rollout.tasks if not tasks.runs(task)]:
            self._drop(rollout, task)
        for task in rollout.tasks[count:]:
            tasks.stop(
                task,
                reason=f"Scaling activity initiated by (deployment {rollout.started_by})",
                code="ServiceSchedulerInitiated",
            )
            self._drop(rollout, task)
        held = rollout.revision.held
        if is_fargate(held["capacity_provider_strategy"] or (), held["launch_type"]):
            while len(rollout.tasks) < count and self._start(rollout):
                pass
        self._register(rollout)

    def _start(self, rollout: Rollout) -> bool:
        """Start a task and return whether that succeeded; a failure is an event, and is retried."""
        key = f"launch {rollout.id}"
        try:
            task = launch(self.service, rollout)
        except ServiceException as refused:
            self.events.add_problem(key, f"failed to launch a task with (error {refused.message}).")
            rollout.impaired = True
            return False
        self.events.resolve(key)
        rollout.impaired = False
        rollout.tasks.append(task)
        rollout.unregistered.append(task)
        return True

    def _register(self, rollout: Rollout) -> None:
        """Register the new tasks as targets; a missing target group is retried."""
        group, key = rollout.target_group, f"register {rollout.id}"
        if not rollout.unregistered:
            return
        try:
            for task in list(rollout.unregistered):
                if group:
                    traffic.register(group, tasks.address_of(task), rollout.revision.port)
                rollout.unregistered.remove(task)
        except ServiceException as refused:
            self.events.add_problem(
                key,
                f"failed to register targets in (target-group {group}) with "
                f"(error {refused.message})",
            )
        else:
            self.events.resolve(key)

    def _drop(self, rollout: Rollout, task: Task) -> None:
        rollout.tasks.remove(task)
        if task in rollout.unregistered:
            rollout.unregistered.remove(task)
        if rollout.target_group:
            traffic.deregister(rollout.target_group, tasks.address_of(task))

    def _add_final_event(self, rollout: Rollout) -> None:
        """Add the event of a deployment's end."""
        deployment = rollout.deployment
        text = (
            f"(deployment {rollout.started_by}) deployment completed."
            if deployment.status == "SUCCESSFUL"
            else f"deployment failed: {deployment.rollback_reason or deployment.reason}"
        )
        self.events.add(text)

    def _production_weight(self, rollout: Rollout) -> int:
        """Return the weight of the revision's group; 0 without a rule."""
        routes = rollout.routes
        return traffic.weight(routes.production, rollout.target_group) if routes else 0

    def _may_deregister(self) -> bool:
        """Return whether ECS's role allows it; without the role the service stays DRAINING."""
        routes = self.rollouts[-1].routes
        return routes is None or may_manage(
            routes.role, rule=routes.production, target_group=min(routes.groups)
        )


def state_of(service: Service) -> ServiceState:
    """Return the service's state; the first call creates it."""
    found: ServiceState = service.__dict__.setdefault(KEY, ServiceState(service))
    return found


def _succeeded(rollout: Rollout) -> bool:
    return rollout.deployment.status == "SUCCESSFUL"


def _hook(hook: Members) -> Hook:
    timeout = hook.get("timeoutConfiguration") or {}
    return Hook(
        stages=frozenset(hook["lifecycleStages"]),
        timeout_seconds=MINUTE * float(timeout.get("timeoutInMinutes") or DAY_MINUTES),
        timeout_action=str(timeout.get("action") or "ROLLBACK"),
    )
