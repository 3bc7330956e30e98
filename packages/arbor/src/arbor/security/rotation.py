"""A new value of one or more secrets: kept, given to what checks it, given out, then deployed.

The order is what survives a crash: a value is kept before the database or the cache has it, and
given out only after it was proved. All secrets share one deployment. docs/decisions/rotation.md
says more.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from arbor.account import Account
from arbor.ecs import services
from arbor.ecs.rollout import Rollout
from arbor.procedure import Failed, Refused, Run, Step

DEPLOY: Final = None
"""Where the steps of a secret wait until the tasks have its new value."""


class Part(ABC):
    """The rotation of one secret, new or interrupted."""

    @property
    @abstractmethod
    def arn(self) -> str:
        """Of the secret."""

    @property
    @abstractmethod
    def what(self) -> str:
        """What it holds, such as `AUTH token`."""

    @abstractmethod
    def in_the_way(self) -> Iterator[str]:
        """A sentence for each thing that must be put right before the first step."""

    @abstractmethod
    def steps(self) -> Iterator[Step | None]:
        """What is left, with DEPLOY between what the new tasks need and what the old ones do."""


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """Of one or more secrets, checked and not begun."""

    account: Account
    command: str
    """That goes on with it, such as `rotate-password`."""
    parts: tuple[Part, ...]
    services: tuple[services.Service, ...]
    """That are given one of the secrets when their tasks start."""

    def execute(self, run: Run) -> None:
        """Raises Failed; whatever the end, the same again goes on."""
        try:
            run.execute(self.steps())
        except Failed as failed:
            again = self.account.typed(f"arbor {self.command}")
            raise Failed(
                f"{failed}\nThe rotation is kept where it is: run `{again}` again, and it goes on "
                "from there with the same value."
            ) from failed

    def steps(self) -> Iterator[Step]:
        """What is left, the first of it first."""
        running = [part.steps() for part in self.parts]
        for steps in running:
            yield from _until_deployed(steps)
        yield from self._deploy()
        for steps in running:
            yield from _until_deployed(steps)

    def _deploy(self) -> Iterator[Step]:
        *most, last = (part.what for part in self.parts)
        what = f"{', '.join(most)} and {last}" if most else last
        for service in self.services:
            live = service.task_definition
            yield Rollout(
                service=service,
                revision=lambda live=live: live,  # type: ignore[misc] # mypy can't infer it
                what=f"the new {what}",
                continues=True,
            ).step()


def _until_deployed(steps: Iterator[Step | None]) -> Iterator[Step]:
    for step in steps:
        if step is DEPLOY:
            return
        yield step


def plan(account: Account, command: str, *parts: Part) -> Rotation:
    """Look at everything first; raises Refused with a line for each thing that is in the way."""
    arns = [part.arn for part in parts]
    using = tuple(service for service in services.every(account) if _uses(service, arns))
    in_the_way = [
        *(sentence for service in using for sentence in service.busy()),
        *(sentence for part in parts for sentence in part.in_the_way()),
    ]
    if in_the_way:
        raise Refused("\n".join(in_the_way))
    return Rotation(account=account, command=command, parts=parts, services=using)


def _uses(service: services.Service, arns: list[str]) -> bool:
    found = service.account.client("ecs").describe_task_definition(
        taskDefinition=service.task_definition
    )["taskDefinition"]
    return any(
        value["valueFrom"].startswith(arn)
        for container in found["containerDefinitions"]
        for value in container.get("secrets", [])
        for arn in arns
    )


def by_lambda(name: str) -> str:
    """Why a secret that a Lambda function rotates is left alone."""
    return (
        f"{name} is rotated by a Lambda function: two rotations would undo each other. "
        f"`aws secretsmanager cancel-rotate-secret --secret-id {name}`."
    )
