"""What the emulated ECS knows of a service beyond moto: its deployments and their tasks.

A deployment that begins while another is under way stops that one (it is STOPPED), and its own
first stage, RECONCILE_SERVICE, brings the service back to one revision: the one with the production
traffic. An alarm that is in ALARM already when a deployment begins is not watched during it.

A task that can't be started or registered is an event of the service, and is tried again whenever
the account settles; until then a deployment stays IN_PROGRESS, for lack of a circuit breaker.

Not modelled: more than one load balancer a service, services without Fargate (their tasks never
start, as in a cluster without instances), minimum and maximum percent (a rolling deployment starts
all new tasks, then stops all old ones), Service Connect, task sets, DAEMON.
"""

from typing import Any

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
from pulumi_moto.ecs.moves import Moves
from pulumi_moto.ecs.role import may_manage
from pulumi_moto.ecs.rollout import Revision, Rollout

MINUTE = 60.0
DAY_MINUTES = 1440
DRAIN_SECONDS = 30.0
"""From SIGTERM to the end of the last task of a deleted service."""
KEY = "rollouts"


class ServiceState:
    """Starts, counts and stops the tasks of one service; kept on moto's own object."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.rollouts: list[Rollout] = []
        """The oldest first."""
        self.events = Events(service)
        self.drained_at = 0.0

    @property
    def backend(self) -> EC2ContainerServiceBackend:
        return self.service._backend

    @property
    def configuration(self) -> dict[str, Any]:
        found: dict[str, Any] = self.service.__dict__.get("deployment_configuration") or {}
        return found

    @property
    def current(self) -> Rollout | None:
        """The deployment that is under way."""
        newest = self.rollouts[-1] if self.rollouts else None
        return newest if newest and newest.deployment.ongoing else None

    @property
    def active(self) -> list[Rollout]:
        """Those whose revision runs, the one with the production traffic first."""
        running = [rollout for rollout in reversed(self.rollouts) if rollout.runs]
        return sorted(running, key=lambda r: (-self._production_weight(r), not _succeeded(r)))

    # Deployments

    def begin(self) -> Rollout:
        """Start a deployment of the service as it is configured now."""
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
        """The service is deleted: it drains, and is then INACTIVE."""
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
        """The first of the alarms that is in ALARM."""
        service = self.service
        cloudwatch = cloudwatch_backends[service._account_id][service.region_name]
        known = cloudwatch.alarms
        for name in names:
            if name in known:
                alarm_state.settle(cloudwatch, known[name])
        ringing = (n for n in names if n in known and known[n].state_value == "ALARM")
        return next(ringing, None)

    # Catching up

    def settle(self) -> None:
        """Bring the deployment and the number of tasks to what they should be now."""
        if self.service.status == "DRAINING":
            if CLOCK.now() >= self.drained_at and self._may_deregister():
                self.service.status = "INACTIVE"
            return
        if (rollout := self.current) is not None:
            rollout.deployment.advance(CLOCK.now(), Moves(self, rollout))
            if rollout.deployment.rollback_reason and rollout.rollback_started is None:
                rollout.rollback_started = utcnow()
            if not rollout.deployment.ongoing:
                rollout.finished = utcnow()
                self._tell(rollout)
        for one in self.rollouts:
            if one.runs:
                self.scale(one, int(self.service.desired_count))

    def scale(self, rollout: Rollout, count: int) -> None:
        """Start or stop tasks until `count` of them run; one that somebody stopped is replaced."""
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
        """Whether it could; otherwise ECS says why, and tries again."""
        about = f"launch {rollout.id}"
        try:
            task = launch(self.service, rollout)
        except ServiceException as refused:
            self.events.trouble(about, f"failed to launch a task with (error {refused.message}).")
            rollout.impaired = True
            return False
        self.events.over(about)
        rollout.impaired = False
        rollout.tasks.append(task)
        rollout.unregistered.append(task)
        return True

    def _register(self, rollout: Rollout) -> None:
        """Take the new tasks into their target group; if it isn't there, ECS tries again."""
        group, about = rollout.target_group, f"register {rollout.id}"
        if not rollout.unregistered:
            return
        try:
            for task in list(rollout.unregistered):
                if group:
                    traffic.register(group, tasks.address_of(task), rollout.revision.port)
                rollout.unregistered.remove(task)
        except ServiceException as refused:
            self.events.trouble(
                about,
                f"failed to register targets in (target-group {group}) with "
                f"(error {refused.message})",
            )
        else:
            self.events.over(about)

    def _drop(self, rollout: Rollout, task: Task) -> None:
        rollout.tasks.remove(task)
        if task in rollout.unregistered:
            rollout.unregistered.remove(task)
        if rollout.target_group:
            traffic.deregister(rollout.target_group, tasks.address_of(task))

    def _tell(self, rollout: Rollout) -> None:
        """How the deployment ended."""
        deployment = rollout.deployment
        what = (
            f"(deployment {rollout.started_by}) deployment completed."
            if deployment.status == "SUCCESSFUL"
            else f"deployment failed: {deployment.rollback_reason or deployment.reason}"
        )
        self.events.tell(what)

    def _production_weight(self, rollout: Rollout) -> int:
        """What the rule gives the revision's group now; 0 where there is no rule any more."""
        routes = rollout.routes
        return traffic.weight(routes.production, rollout.target_group) if routes else 0

    def _may_deregister(self) -> bool:
        """Without its infrastructure role ECS can't take targets out, and the service hangs."""
        routes = self.rollouts[-1].routes
        return routes is None or may_manage(
            routes.role, rule=routes.production, target_group=min(routes.groups)
        )


def state_of(service: Service) -> ServiceState:
    """The state, made when it is first asked for."""
    found: ServiceState = service.__dict__.setdefault(KEY, ServiceState(service))
    return found


def _succeeded(rollout: Rollout) -> bool:
    return rollout.deployment.status == "SUCCESSFUL"


def _hook(hook: dict[str, Any]) -> Hook:
    timeout = hook.get("timeoutConfiguration") or {}
    return Hook(
        stages=frozenset(hook["lifecycleStages"]),
        timeout_seconds=MINUTE * float(timeout.get("timeoutInMinutes") or DAY_MINUTES),
        timeout_action=str(timeout.get("action") or "ROLLBACK"),
    )
