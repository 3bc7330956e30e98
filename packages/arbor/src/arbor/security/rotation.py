"""The rotation of one or more secrets, with one deployment.

The order makes each step safe to interrupt: a new value is stored as pending, set in the database
or cache, verified by a login, promoted, then deployed: docs/decisions/rotation.md.
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
"""In a secret's steps: wait here until the tasks have the new value."""


class SecretRotation(ABC):
    """The rotation of one secret, new or interrupted."""

    @property
    @abstractmethod
    def arn(self) -> str:
        """The secret's ARN."""

    @property
    @abstractmethod
    def what(self) -> str:
        """The value's name, such as `AUTH token`."""

    @abstractmethod
    def obstacles(self) -> Iterator[str]:
        """A sentence for each condition that prevents the rotation."""

    @abstractmethod
    def steps(self) -> Iterator[Step | None]:
        """The remaining steps; DEPLOY separates those that must follow the deployment."""


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """A checked rotation of one or more secrets."""

    account: Account
    command: str
    """The command that continues it, such as `rotate-password`."""
    rotations: tuple[SecretRotation, ...]
    services: tuple[services.Service, ...]
    """Services whose tasks use one of the secrets."""

    def execute(self, run: Run) -> None:
        """Raises Failed; a second run continues."""
        try:
            run.execute(self.steps())
        except Failed as failed:
            again = self.account.typed(f"arbor {self.command}")
            raise Failed(
                f"{failed}\nThe pending value is stored: run `{again}` again to continue with it."
            ) from failed

    def steps(self) -> Iterator[Step]:
        """The remaining steps in order."""
        running = [rotation.steps() for rotation in self.rotations]
        for steps in running:
            yield from _until_deployed(steps)
        yield from self._deploy()
        for steps in running:
            yield from _until_deployed(steps)

    def _deploy(self) -> Iterator[Step]:
        *most, last = (rotation.what for rotation in self.rotations)
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


def plan(account: Account, command: str, *rotations: SecretRotation) -> Rotation:
    """Raises Refused with a line for each obstacle."""
    arns = [rotation.arn for rotation in rotations]
    using = tuple(service for service in services.every(account) if _uses(service, arns))
    obstacles = [
        *(sentence for service in using for sentence in service.busy()),
        *(sentence for rotation in rotations for sentence in rotation.obstacles()),
    ]
    if obstacles:
        raise Refused("\n".join(obstacles))
    return Rotation(account=account, command=command, rotations=rotations, services=using)


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
    """The obstacle of a secret that a Lambda function rotates."""
    return (
        f"A Lambda function rotates {name}, which conflicts with this rotation. Cancel it: `aws "
        f"secretsmanager cancel-rotate-secret --secret-id {name}`."
    )
