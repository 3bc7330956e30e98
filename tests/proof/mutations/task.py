"""Changes that violate the rules on task definitions."""

from collections.abc import Callable
from typing import Any

from proof.mutation import Mutation, edit_json

TASK = "aws:ecs/taskDefinition:TaskDefinition"


def _container(rule: str, what: str, change: Callable[[dict[str, Any]], object]) -> Mutation:
    def first(containers: list[dict[str, Any]]) -> None:
        change(containers[0])

    return Mutation(
        rule=rule,
        what=what,
        token=TASK,
        resource="frontend-task-definition",
        edit=edit_json("container_definitions", first),
    )


MUTATIONS = (
    _container(
        "task-pinned-image",
        "the frontend runs the image latest",
        lambda it: it.update(image=it["image"].rsplit(":", 1)[0] + ":latest"),
    ),
    _container("task-not-root", "the frontend runs as root", lambda it: it.pop("user")),
    _container(
        "task-not-privileged", "the frontend is privileged", lambda it: it.update(privileged=True)
    ),
    _container(
        "task-logs", "the frontend has no log driver", lambda it: it.pop("logConfiguration")
    ),
    _container(
        "task-log-mode",
        "the frontend's logs are blocking",
        lambda it: it["logConfiguration"]["options"].update(mode="blocking"),
    ),
    _container(
        "task-read-only-root",
        "a container without ECS Exec has a writable root filesystem",
        lambda it: it.pop("linuxParameters"),
    ),
    Mutation(
        rule="task-keeps-revisions",
        what="replaced revisions are deregistered",
        token=TASK,
        resource="frontend-task-definition",
        inputs={"skip_destroy": False},
    ),
)
