"""The stack's tasks: running, and stopped within the hour that ECS keeps them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Literal

from arbor.account import Account, together
from arbor.check import Check
from arbor.ecs.revisions import family_of
from arbor.ecs.services import short
from arbor.incident.checks import ago
from arbor.incident.reads import SharedReads
from arbor_names import naming

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import TaskTypeDef

PAGE = 100
"""The limit of list_tasks and describe_tasks."""
CRASHES = frozenset({"EssentialContainerExited", "TaskFailedToStart", "InfrastructureHealth"})
"""Stop codes of tasks that failed:
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html"""
UNHEALTHY = "health check"
"""In the stop reason of a task that failed its health check."""


@dataclass(frozen=True, kw_only=True)
class StoppedTask:
    """A task that has stopped."""

    app: str
    task: str
    revision: str
    at: datetime | None
    why: str
    exit_codes: list[int]
    crashed: bool
    """False where a deployment, autoscaling or an operator stopped it."""


@dataclass(frozen=True, kw_only=True)
class TaskStates:
    """Tasks of the services and of migrations."""

    running: dict[str, dict[str, int]]
    """Number of running tasks by application and revision."""
    stopped: list[StoppedTask]
    """The newest first."""

    def crashes(self, app: str) -> list[StoppedTask]:
        return [task for task in self.stopped if task.app == app and task.crashed]


def read(shared: SharedReads) -> TaskStates:
    """Tasks of the stack's task definition families."""
    account = shared.account
    running, stopped = together(
        partial(_described, account, "RUNNING"), partial(_described, account, "STOPPED")
    )
    services = shared.apps()
    apps = {naming.service(account.stack, app): app for app in (*services, naming.MIGRATIONS)}
    numbers: dict[str, Counter[str]] = {app: Counter() for app in services}
    for task in running:
        app = apps.get(family_of(task["taskDefinitionArn"]))
        if app in numbers and task["lastStatus"] == "RUNNING":
            numbers[app][short(task["taskDefinitionArn"])] += 1
    ended = [
        _stopped(app, task)
        for task in stopped
        if (app := apps.get(family_of(task["taskDefinitionArn"])))
    ]
    ended.sort(key=lambda one: one.at.timestamp() if one.at else 0, reverse=True)
    return TaskStates(running={app: dict(found) for app, found in numbers.items()}, stopped=ended)


def _described(account: Account, status: Literal["RUNNING", "STOPPED"]) -> "list[TaskTypeDef]":
    ecs = account.client("ecs")
    arns = ecs.list_tasks(cluster=account.cluster, desiredStatus=status, maxResults=PAGE)[
        "taskArns"
    ]
    if not arns:
        return []
    return ecs.describe_tasks(cluster=account.cluster, tasks=arns)["tasks"]


def _stopped(app: str, task: "TaskTypeDef") -> StoppedTask:
    containers = task.get("containers", [])
    codes = [one["exitCode"] for one in containers if one.get("exitCode") is not None]
    reasons = [one["reason"] for one in containers if one.get("reason")]
    reason = task.get("stoppedReason") or "no reason given"
    succeeded = app == naming.MIGRATIONS and set(codes) == {0}
    return StoppedTask(
        app=app,
        task=short(task["taskArn"]),
        revision=short(task["taskDefinitionArn"]),
        at=task.get("stoppedAt") or task.get("stoppingAt"),
        why="; ".join([reason, *reasons]),
        exit_codes=codes,
        crashed=not succeeded
        and (task.get("stopCode", "") in CRASHES or UNHEALTHY in reason.lower()),
    )


def checks(found: TaskStates, now: datetime) -> list[Check]:
    """Running, crashed and otherwise stopped tasks of each service and of migrations."""
    return [one for app in (*found.running, naming.MIGRATIONS) for one in _checks(found, app, now)]


def _checks(found: TaskStates, app: str, now: datetime) -> Iterator[Check]:
    name = f"{app} tasks"
    if app in found.running:
        running = ", ".join(f"{count} of {what}" for what, count in found.running[app].items())
        yield Check(
            status="OK" if running else "NG", name=name, message=f"running: {running or 'none'}"
        )
    if crashed := found.crashes(app):
        newest = crashed[0]
        when = f", {ago(newest.at, now)}" if newest.at else ""
        codes = f" (exit code {newest.exit_codes[0]})" if newest.exit_codes else ""
        yield Check(
            status="NG",
            name=name,
            message=f"{len(crashed)} crashed in the last hour; "
            f"{newest.task}{when}: {newest.why}{codes}",
        )
    if others := [task for task in found.stopped if task.app == app and not task.crashed]:
        yield Check(
            status="", name=name, message=f"{len(others)} stopped in the last hour: {others[0].why}"
        )
