"""Rules on task definitions."""

import re
from collections.abc import Iterator

from guardrails.reading import containers
from guardrails.rule import Props, Rule

TASK = "aws:ecs/taskDefinition:TaskDefinition"
DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
TAG = re.compile(r":(?P<tag>[\w][\w.-]{0,127})$")
MOVING = {"latest", "stable", "main", "master", "edge"}
ROOT = {"", "0", "root"}


def _moving_image(props: Props) -> Iterator[str]:
    for container in containers(props):
        image = str(container.get("image", ""))
        tag = TAG.search(image)
        if DIGEST.search(image) is None and (tag is None or tag["tag"] in MOVING):
            yield f"{container.get('name')} runs {image}, whatever that will be."


def _root(props: Props) -> Iterator[str]:
    for container in containers(props):
        if str(container.get("user", "")).split(":")[0] in ROOT:
            yield f"{container.get('name')} runs as root."


def _privileged(props: Props) -> Iterator[str]:
    for container in containers(props):
        added = container.get("linuxParameters", {}).get("capabilities", {}).get("add")
        if container.get("privileged") or added:
            yield f"{container.get('name')} may do more to its host than it needs."


def _silent(props: Props) -> Iterator[str]:
    for container in containers(props):
        if container.get("logConfiguration", {}).get("logDriver") != "awslogs":
            yield f"What {container.get('name')} says is lost."


def _stopped_by_its_log(props: Props) -> Iterator[str]:
    for container in containers(props):
        if container.get("logConfiguration", {}).get("logDriver") != "awslogs":
            continue  # another rule's
        options = container["logConfiguration"].get("options", {})
        if options.get("mode") != "non-blocking" or not options.get("max-buffer-size"):
            yield f"{container.get('name')} stops while CloudWatch is slow, or keeps few lines."


def _writable(props: Props) -> Iterator[str]:
    # ECS Exec needs an init process and a root filesystem that it can write to.
    for container in containers(props):
        for_exec = container.get("linuxParameters", {}).get("initProcessEnabled")
        if not for_exec and not container.get("readonlyRootFilesystem"):
            yield f"{container.get('name')} can change its own files, and nothing needs it to."


def _forgotten(props: Props) -> Iterator[str]:
    if not props.get("skipDestroy", False):
        yield "A replaced revision is deregistered."


RULES = (
    Rule(
        name="task-pinned-image",
        token=TASK,
        why="A revision runs the same image today and in a rollback.",
        fix="Name an immutable tag or a digest.",
        controls=("design: blue/green",),
        check=_moving_image,
    ),
    Rule(
        name="task-not-root",
        token=TASK,
        why="Who breaks out of the application is nobody.",
        fix="Set the container's user to the application's own.",
        controls=("Security Hub ECS.20",),
        check=_root,
    ),
    Rule(
        name="task-not-privileged",
        token=TASK,
        why="A container gets no power over its host.",
        fix="Leave privileged and added capabilities out.",
        controls=("FSBP ECS.4",),
        check=_privileged,
    ),
    Rule(
        name="task-logs",
        token=TASK,
        why="The runbook reads what a task said before it stopped.",
        fix="Set logConfiguration with the driver awslogs.",
        controls=("FSBP ECS.9", "runbook: logs"),
        check=_silent,
    ),
    Rule(
        name="task-log-mode",
        token=TASK,
        why="A slow CloudWatch stops no application; which mode is the default is the account's.",
        fix='Set the log options mode to "non-blocking" and max-buffer-size, such as "25m".',
        controls=("design: logs",),
        check=_stopped_by_its_log,
    ),
    Rule(
        name="task-read-only-root",
        token=TASK,
        why="Who gets in changes nothing, where the application allows that.",
        fix="Set readonlyRootFilesystem, unless ECS Exec needs initProcessEnabled.",
        controls=("FSBP ECS.5",),
        check=_writable,
    ),
    Rule(
        name="task-keeps-revisions",
        token=TASK,
        why="A revision that is gone can't be rolled back to.",
        fix="Set skip_destroy to True.",
        controls=("design: blue/green", "runbook: rollback"),
        check=_forgotten,
    ),
)
