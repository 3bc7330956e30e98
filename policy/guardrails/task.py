"""Rules on task definitions."""

import re
from collections.abc import Iterator

from guardrails.reading import containers
from guardrails.rule import Props, Rule

TASK = "aws:ecs/taskDefinition:TaskDefinition"
DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
TAG = re.compile(r":(?P<tag>[\w][\w.-]{0,127})$")
MUTABLE = {"latest", "stable", "main", "master", "edge"}
ROOT = {"", "0", "root"}


def _mutable_image(props: Props) -> Iterator[str]:
    for container in containers(props):
        image = str(container.get("image", ""))
        tag = TAG.search(image)
        if DIGEST.search(image) is None and (tag is None or tag["tag"] in MUTABLE):
            yield f"{container.get('name')} uses the mutable image {image}."


def _root(props: Props) -> Iterator[str]:
    for container in containers(props):
        if str(container.get("user", "")).split(":")[0] in ROOT:
            yield f"{container.get('name')} runs as root."


def _privileged(props: Props) -> Iterator[str]:
    for container in containers(props):
        added = container.get("linuxParameters", {}).get("capabilities", {}).get("add")
        if container.get("privileged") or added:
            yield f"{container.get('name')} is privileged or adds capabilities."


def _no_log_driver(props: Props) -> Iterator[str]:
    for container in containers(props):
        if container.get("logConfiguration", {}).get("logDriver") != "awslogs":
            yield f"{container.get('name')} does not log to CloudWatch."


def _blocking_logs(props: Props) -> Iterator[str]:
    for container in containers(props):
        if container.get("logConfiguration", {}).get("logDriver") != "awslogs":
            continue  # task-logs reports it
        options = container["logConfiguration"].get("options", {})
        if options.get("mode") != "non-blocking" or not options.get("max-buffer-size"):
            yield f"{container.get('name')} uses blocking logs or the default buffer."


def _writable(props: Props) -> Iterator[str]:
    # ECS Exec needs an init process and a writable root filesystem.
    for container in containers(props):
        for_exec = container.get("linuxParameters", {}).get("initProcessEnabled")
        if not for_exec and not container.get("readonlyRootFilesystem"):
            yield f"{container.get('name')} has a writable root filesystem without ECS Exec."


def _deregistered(props: Props) -> Iterator[str]:
    if not props.get("skipDestroy", False):
        yield "A replaced revision is deregistered."


RULES = (
    Rule(
        name="task-pinned-image",
        token=TASK,
        why="A revision runs the same image at release and at rollback.",
        fix="Use an immutable tag or a digest (version or image in arbor:services).",
        controls=("design: blue/green",),
        check=_mutable_image,
    ),
    Rule(
        name="task-not-root",
        token=TASK,
        why="A compromised application must not have root in its container.",
        fix="Set user to a number other than 0 (user in arbor:services).",
        controls=("Security Hub ECS.20",),
        check=_root,
    ),
    Rule(
        name="task-not-privileged",
        token=TASK,
        why="A container must not control its host.",
        fix="Remove privileged and added capabilities (components/task_definition.py).",
        controls=("FSBP ECS.4",),
        check=_privileged,
    ),
    Rule(
        name="task-logs",
        token=TASK,
        why="The runbook reads the logs of stopped tasks.",
        fix="Set the log driver awslogs in logConfiguration (components/task_definition.py).",
        controls=("FSBP ECS.9", "runbook: logs"),
        check=_no_log_driver,
    ),
    Rule(
        name="task-log-mode",
        token=TASK,
        why="In blocking mode a slow CloudWatch Logs stops the application.",
        fix='Set mode="non-blocking" and max-buffer-size="25m" (components/task_definition.py).',
        controls=("design: logs",),
        check=_blocking_logs,
    ),
    Rule(
        name="task-read-only-root",
        token=TASK,
        why="An intruder must not change files where ECS Exec is not needed.",
        fix="Set readonlyRootFilesystem, or initProcessEnabled for ECS Exec.",
        controls=("FSBP ECS.5",),
        check=_writable,
    ),
    Rule(
        name="task-keeps-revisions",
        token=TASK,
        why="A rollback needs the earlier revision.",
        fix="Set skip_destroy=True (components/task.py).",
        controls=("design: blue/green", "runbook: rollback"),
        check=_deregistered,
    ),
)
