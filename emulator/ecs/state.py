"""What the emulated ECS knows of a service beyond moto: its rollouts and their tasks."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.utils import utcnow
from moto.ecs.models import EC2ContainerServiceBackend, Service, Task

from emulator.clock import CLOCK
from emulator.ecs import traffic
from emulator.ecs.deployment import (
    BLUE_GREEN_STAGES,
    ROLLING_STAGES,
    Deployment,
    Pause,
    RollbackError,
)

MINUTE = 60.0
DAY_MINUTES = 1440
KEY = "rollouts"


@dataclass(kw_only=True)
class Rollout:
    """One service deployment with the revision that it brings."""

    id: str
    deployment: Deployment
    task_definition: str
    target_group: str | None
    source: "Rollout | None"
    created: datetime = field(default_factory=utcnow)
    finished: datetime | None = None
    tasks: list[Task] = field(default_factory=list)
    weights_before: dict[str, dict[str, int]] = field(default_factory=dict)
    """By rule, before this rollout moved it."""

    @property
    def started_by(self) -> str:
        return f"ecs-svc/{self.id}"


class ServiceState:
    """Starts, counts and stops the tasks of one service; kept on moto's own object."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.rollouts: list[Rollout] = []
        self.live: Rollout | None = None
        """Whose tasks get production traffic."""

    @property
    def backend(self) -> EC2ContainerServiceBackend:
        return self.service._backend  # noqa: SLF001 - moto keeps it there

    @property
    def balancer(self) -> dict[str, Any]:
        return self.service.load_balancers[0] if self.service.load_balancers else {}

    @property
    def advanced(self) -> dict[str, Any]:
        found: dict[str, Any] = self.balancer.get("advancedConfiguration") or {}
        return found

    @property
    def configuration(self) -> dict[str, Any]:
        found: dict[str, Any] = self.service.__dict__.get("deployment_configuration") or {}
        return found

    @property
    def current(self) -> Rollout | None:
        """The rollout that still runs."""
        newest = self.rollouts[-1] if self.rollouts else None
        return newest if newest and newest.deployment.running else None

    # Deployments

    def begin(self) -> Rollout:
        """Start a deployment of the service's task definition; a running one is stopped first."""
        if (running := self.current) is not None:
            self.stop(running, "A newer deployment was started.")
        blue_green = self.configuration.get("strategy") == "BLUE_GREEN"
        pauses = [h for h in self.configuration.get("lifecycleHooks") or [] if _is_pause(h)]
        deployment = Deployment(
            stages=BLUE_GREEN_STAGES if blue_green else ROLLING_STAGES,
            bake_seconds=MINUTE * float(self.configuration.get("bakeTimeInMinutes") or 0),
            pauses={stage: _pause(hook) for hook in pauses for stage in hook["lifecycleStages"]},
            entered=CLOCK.now(),
        )
        rollout = Rollout(
            id=uuid.uuid4().hex[:21],
            deployment=deployment,
            task_definition=str(self.service.task_definition),
            target_group=self._idle_group() if blue_green else self.balancer.get("targetGroupArn"),
            source=self.live,
        )
        self.rollouts.append(rollout)
        self.settle()
        return rollout

    def stop(self, rollout: Rollout, reason: str) -> None:
        """Give everything back to the source and say so."""
        rollout.deployment.roll_back(Moves(self, rollout), reason)
        self._finish(rollout)

    def _idle_group(self) -> str:
        """The group without production traffic: the colour is read, never remembered."""
        groups = (self.balancer["targetGroupArn"], self.advanced["alternateTargetGroupArn"])
        held = traffic.weights(self.advanced["productionListenerRule"])
        return str(min(groups, key=lambda group: held.get(group, 0)))

    # Catching up

    def settle(self) -> None:
        """Bring the running deployment and the number of tasks to what they should be now."""
        rollout = self.current
        if rollout is not None:
            rollout.deployment.advance(CLOCK.now(), Moves(self, rollout))
            if not rollout.deployment.running:
                self._finish(rollout)
        for fleet in {id(f): f for f in (self.live, self.current) if f is not None}.values():
            if fleet is self.live or fleet.tasks:
                self.scale(fleet, self.service.desired_count)
        self._describe()

    def _finish(self, rollout: Rollout) -> None:
        rollout.finished = utcnow()
        if rollout.deployment.status == "SUCCESSFUL":
            self.live = rollout
        elif self.live is not None:
            self.service.task_definition = self.live.task_definition
        self._describe()

    def scale(self, rollout: Rollout, count: int) -> None:
        """Start or stop tasks until `count` of them run; a stopped one is replaced."""
        rollout.tasks = [task for task in rollout.tasks if task.last_status != "STOPPED"]
        while len(rollout.tasks) > count:
            self.stop_task(rollout, rollout.tasks[-1], "Scaling activity initiated by deployment")
        if missing := count - len(rollout.tasks):
            self._start(rollout, missing)

    def _start(self, rollout: Rollout, count: int) -> None:
        service = self.service
        tags = service.tags if service.propagate_tags == "SERVICE" else []
        started = self.backend.run_task(
            service.cluster_name,
            rollout.task_definition,
            count,
            None,
            rollout.started_by,
            tags,
            "FARGATE",
            service.network_configuration or None,
            group=f"service:{service.name}",
        )
        for task in started:
            task.__dict__["enable_execute_command"] = bool(
                service.__dict__.get("enable_execute_command")
            )
            rollout.tasks.append(task)
            if rollout.target_group:
                traffic.register(rollout.target_group, address_of(task), self.port)

    def stop_task(self, rollout: Rollout, task: Task, reason: str) -> None:
        """Take it out of its target group and stop it."""
        if rollout.target_group:
            traffic.deregister(rollout.target_group, address_of(task), self.port)
        self.backend.stop_task(self.service.cluster_name, task.task_arn, reason)
        rollout.tasks.remove(task)

    @property
    def port(self) -> int:
        return int(self.balancer.get("containerPort") or 0)

    def _describe(self) -> None:
        """Write what describe_services tells onto moto's object."""
        running = sum(len(r.tasks) for r in self.rollouts)
        self.service.running_count = running
        self.service.pending_count = 0
        shown = [r for r in (self.current, self.live) if r is not None]
        if not shown and self.rollouts:
            shown = [self.rollouts[-1]]
        self.service.deployments = [
            _described(rollout, self.service, primary=index == 0)
            for index, rollout in enumerate(shown)
        ]


class Moves:
    """What the stages of one rollout do to tasks and rules."""

    def __init__(self, state: ServiceState, rollout: Rollout) -> None:
        self._state = state
        self._rollout = rollout

    def enter(self, stage: str) -> None:
        if stage == "SCALE_UP":
            self._state.scale(self._rollout, self._state.service.desired_count)
        elif stage == "TEST_TRAFFIC_SHIFT" and "testListenerRule" in self._state.advanced:
            self._shift(self._state.advanced["testListenerRule"])
        elif stage == "PRODUCTION_TRAFFIC_SHIFT":
            self._shift(self._state.advanced["productionListenerRule"])
        elif stage == "CLEAN_UP":
            self._state.live = self._rollout
            if self._rollout.source is not None:
                self._state.scale(self._rollout.source, 0)

    def _shift(self, rule: str) -> None:
        group = self._rollout.target_group
        groups = {
            self._state.balancer["targetGroupArn"],
            self._state.advanced["alternateTargetGroupArn"],
        }
        assert group is not None
        (other,) = groups - {group}
        before = traffic.weights(rule)
        traffic.shift(rule, to=group, away_from=other)
        self._rollout.weights_before[rule] = before

    def alarm(self) -> str | None:
        watched = self._state.service.__dict__.get("deployment_configuration") or {}
        alarms = watched.get("alarms") or {}
        if not (alarms.get("enable") and alarms.get("rollback")):
            return None
        service = self._state.service
        known = cloudwatch_backends[service._account_id][service.region_name].alarms  # noqa: SLF001
        for name in alarms.get("alarmNames", []):
            if name in known and known[name].state_value == "ALARM":
                return str(name)
        return None

    def roll_back(self) -> None:
        for rule, before in self._rollout.weights_before.items():
            ahead = [group for group, weight in before.items() if weight]
            behind = [group for group, weight in before.items() if not weight]
            if len(ahead) == 1 and len(behind) == 1:
                try:
                    traffic.shift(rule, to=ahead[0], away_from=behind[0])
                except RollbackError:
                    continue  # the rule itself is broken: there is nothing to give back
        self._state.scale(self._rollout, 0)


def state_of(service: Service) -> ServiceState:
    """The state, made when it is first asked for."""
    found: ServiceState = service.__dict__.setdefault(KEY, ServiceState(service))
    return found


def address_of(task: Task) -> str:
    """The private address of a task's network interface."""
    details: Any = task.attachments[0]["details"] if task.attachments else []
    for detail in details:
        if detail["name"] == "privateIPv4Address":
            return str(detail["value"])
    return ""


def _is_pause(hook: dict[str, Any]) -> bool:
    return bool(hook.get("targetType") == "PAUSE")


def _pause(hook: dict[str, Any]) -> Pause:
    timeout = hook.get("timeoutConfiguration") or {}
    return Pause(
        hook_id=f"hook-{uuid.uuid4().hex[:12]}",
        timeout_seconds=MINUTE * float(timeout.get("timeoutInMinutes") or DAY_MINUTES),
        timeout_action=str(timeout.get("action") or "ROLLBACK"),
    )


def _described(rollout: Rollout, service: Service, *, primary: bool) -> dict[str, Any]:
    state = {"SUCCESSFUL": "COMPLETED"}.get(
        rollout.deployment.status, "IN_PROGRESS" if rollout.deployment.running else "FAILED"
    )
    return {
        "id": rollout.started_by,
        "status": "PRIMARY" if primary else "ACTIVE",
        "taskDefinition": rollout.task_definition,
        "desiredCount": service.desired_count,
        "pendingCount": 0,
        "runningCount": len(rollout.tasks),
        "failedTasks": 0,
        "createdAt": rollout.created,
        "updatedAt": rollout.finished or rollout.created,
        "launchType": "FARGATE",
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "networkConfiguration": service.network_configuration,
        "rolloutState": state,
        "rolloutStateReason": rollout.deployment.reason
        or f"ECS deployment {rollout.started_by} {state.lower().replace('_', ' ')}.",
    }
