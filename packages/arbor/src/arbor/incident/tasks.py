"""Tasks of the stack: those that run, and those that stopped within the hour that ECS remembers."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

from arbor.account import APPS, Account, together
from arbor.ecs.services import short
from arbor.incident.row import Row, ago
from arbor_names import naming

MOST = 100
"""As many as one page lists, and as many as are described in one call."""
CRASHES = frozenset({"EssentialContainerExited", "TaskFailedToStart", "InfrastructureHealth"})
"""Stop codes of tasks that nobody wanted to stop:
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html"""
UNHEALTHY = "health check"
"""In the reason of a task that the scheduler replaced because it did not answer."""


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """A task that has stopped."""

    app: str
    task: str
    revision: str
    at: datetime | None
    why: str
    exit_codes: list[int]
    crashed: bool
    """It was no deployment, no scaling and no person."""


@dataclass(frozen=True, kw_only=True)
class TasksNow:
    """Of services and migrations."""

    running: dict[str, dict[str, int]]
    """By application, how many run each revision."""
    stopped: list[Stopped]
    """The newest first."""

    def crashes(self, app: str) -> list[Stopped]:
        return [task for task in self.stopped if task.app == app and task.crashed]


def read(account: Account) -> TasksNow:
    """Two calls at once, and one for each of them."""
    running, stopped = together(
        partial(_described, account, "RUNNING"), partial(_described, account, "STOPPED")
    )
    apps = _apps(account.stack)
    counted: dict[str, Counter[str]] = {app: Counter() for app in APPS}
    for task in running:
        app = apps.get(_family(task), "")
        if app in counted and task["lastStatus"] == "RUNNING":
            counted[app][short(task["taskDefinitionArn"])] += 1
    ended = [_stopped(apps[_family(task)], task) for task in stopped if _family(task) in apps]
    ended.sort(key=lambda one: one.at.timestamp() if one.at else 0, reverse=True)
    return TasksNow(running={app: dict(found) for app, found in counted.items()}, stopped=ended)


def _apps(stack: str) -> dict[str, str]:
    return {naming.service(stack, app): app for app in (*APPS, naming.MIGRATIONS)}


def _family(task: dict[str, Any]) -> str:
    return short(task["taskDefinitionArn"]).rsplit(":", 1)[0]


def _described(account: Account, status: Literal["RUNNING", "STOPPED"]) -> list[dict[str, Any]]:
    ecs = account.client("ecs")
    arns = ecs.list_tasks(cluster=account.cluster, desiredStatus=status, maxResults=MOST)[
        "taskArns"
    ]
    if not arns:
        return []
    return list(ecs.describe_tasks(cluster=account.cluster, tasks=arns)["tasks"])


def _stopped(app: str, task: dict[str, Any]) -> Stopped:
    containers = task.get("containers", [])
    codes = [one["exitCode"] for one in containers if one.get("exitCode") is not None]
    reasons = [one["reason"] for one in containers if one.get("reason")]
    told = task.get("stoppedReason") or "no reason given"
    code = task.get("stopCode", "")
    done = app == naming.MIGRATIONS and set(codes) == {0}
    return Stopped(
        app=app,
        task=short(task["taskArn"]),
        revision=short(task["taskDefinitionArn"]),
        at=task.get("stoppedAt") or task.get("stoppingAt"),
        why="; ".join([told, *reasons]),
        exit_codes=codes,
        crashed=not done and (code in CRASHES or UNHEALTHY in told.lower()),
    )


def rows(found: TasksNow, now: datetime) -> list[Row]:
    """What runs, what crashed, and how many just made room."""
    return [row for app in (*APPS, naming.MIGRATIONS) for row in _rows(found, app, now)]


def _rows(found: TasksNow, app: str, now: datetime) -> Iterator[Row]:
    if app in found.running:
        runs = ", ".join(f"{count} of {what}" for what, count in found.running[app].items())
        yield Row("OK" if runs else "NG", f"{app} tasks", f"running: {runs or 'none'}")
    stopped = [task for task in found.stopped if task.app == app]
    crashed = found.crashes(app)
    if crashed:
        newest = crashed[0]
        when = f", {ago(newest.at, now)}" if newest.at else ""
        codes = f" (exit code {newest.exit_codes[0]})" if newest.exit_codes else ""
        yield Row(
            "NG",
            f"{app} tasks",
            f"{len(crashed)} crashed in the last hour; {newest.task}{when}: {newest.why}{codes}",
        )
    if rest := [task for task in stopped if not task.crashed]:
        yield Row("", f"{app} tasks", f"{len(rest)} stopped in the last hour: {rest[0].why}")
