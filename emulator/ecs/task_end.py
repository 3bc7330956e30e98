"""Tasks that `run_task` started run for a while and end with an exit code."""

import re

from moto.core.utils import utcnow
from moto.ecs.models import EC2ContainerServiceBackend, Task

from emulator.clock import CLOCK

RUNS_FOR_SECONDS = 20.0
BY_ITSELF = "ends_at"
EXIT = re.compile(r"\bexit (\d+)")


def will_end(task: Task) -> None:
    """The task ends after its time; `exit N` in its command says with which code."""
    task.__dict__[BY_ITSELF] = CLOCK.now() + RUNS_FOR_SECONDS


def end_tasks(backend: EC2ContainerServiceBackend) -> None:
    """Stop every task whose time is over."""
    for tasks in backend.tasks.values():
        for task in tasks.values():
            over = CLOCK.now() >= task.__dict__.get(BY_ITSELF, float("inf"))
            if over and task.last_status != "STOPPED":
                _end(task)


def _end(task: Task) -> None:
    code = _exit_code(task)
    task.last_status = task.desired_status = "STOPPED"
    task.stopped_reason = "Essential container in task exited"
    task.__dict__["stop_code"] = "EssentialContainerExited"
    task.__dict__["stopped_at"] = utcnow()
    for container in task.containers:
        container.__dict__["last_status"] = "STOPPED"
        container.exitCode = code


def _exit_code(task: Task) -> int:
    overrides = (task.overrides or {}).get("containerOverrides") or []
    for override in overrides:
        if found := EXIT.search(" ".join(override.get("command") or [])):
            return int(found.group(1))
    return 0
