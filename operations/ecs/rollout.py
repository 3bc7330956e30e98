"""Give a service a revision, and follow that deployment until ECS says how it ended."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from operations.account import Account
from operations.ecs.services import ONGOING, Service, describe, revision_of, short
from operations.procedure import Failed, Step

SUCCESSFUL, ROLLED_BACK = "SUCCESSFUL", "ROLLBACK_SUCCESSFUL"
MINUTE = 60.0


@dataclass(kw_only=True)
class Rollout:
    """One deployment of ours.

    `wait services-stable` is content after a rollback, too; a service deployment has a status.
    """

    service: Service
    revision: Callable[[], str]
    """The ARN to deploy; asked for when it is deployed."""
    what: str
    """For people, such as a version."""
    continues: bool = False
    """Answer every pause with CONTINUE: the revision has been live before."""
    began: bool = False
    """Whether ECS was asked for it."""
    known: frozenset[str] = frozenset()
    """Deployments that were there before it."""
    arn: str | None = None
    told: dict[str, Any] = field(default_factory=dict)
    """What ECS last said of it."""

    @property
    def account(self) -> Account:
        return self.service.account

    def step(self) -> Step:
        return Step(
            says=f"deploy {self.what} to {self.service.name}",
            do=self._begin,
            took_effect=self._succeeded,
            shows=self._progress,
            meanwhile=self._answer if self.continues else self._look,
            timeout=self.service.minutes * MINUTE,
        )

    def others(self) -> bool:
        """Whether somebody has begun another deployment after it."""
        deployments = self.service.deployments()
        newest = {deployment["serviceDeploymentArn"] for deployment in deployments[:1]}
        return not newest <= {self.find(), *self.known}

    def status(self) -> str:
        """As it is now; nothing while ECS does not know it everywhere."""
        self._look()
        return str(self.told.get("status", ""))

    def find(self) -> str | None:
        """Its ARN: the one that is new and brings our revision."""
        if self.arn is None and self.began:
            wanted = self.revision()
            for deployment in self.service.deployments():
                arn = str(deployment["serviceDeploymentArn"])
                if arn not in self.known and revision_of(self.account, deployment) == wanted:
                    self.arn = arn
        return self.arn

    def _begin(self) -> None:
        # Minutes may have passed since the first look; a deployment of somebody else stays theirs.
        for sentence in self.service.busy():
            raise Failed(sentence)
        revision = self.revision()
        ecs = self.account.client("ecs")
        self.known = frozenset(d["serviceDeploymentArn"] for d in self.service.deployments())
        self.began = True
        ecs.update_service(
            cluster=self.account.cluster,
            service=self.service.name,
            taskDefinition=revision,
            # Where the service names it already but does not run it, nothing else would begin.
            forceNewDeployment=revision == self.service.task_definition,
        )

    def _look(self) -> None:
        if (arn := self.find()) is not None:
            self.told = describe(self.account, arn) or self.told

    def _succeeded(self) -> bool:
        status = self.told.get("status")
        if status is None or status in ONGOING:
            return False
        if status == SUCCESSFUL:
            return True
        why = self.told.get("rollback", {}).get("reason") or self.told.get("statusReason")
        raise Failed(
            f"The deployment of {self.what} to {self.service.name} is {status}: "
            f"{(why or 'ECS gives no reason').rstrip('.')}."
        )

    def _progress(self) -> str:
        """Where it is; a pause says what to do."""
        stage = self.told.get("lifecycleStage", "")
        if (hook := self._pause()) is not None:
            return (
                f"{self.service.name}: {stage} waits for a person. Try the green host, then `aws "
                f"ecs continue-service-deployment --service-deployment-arn {self.arn} "
                f"--hook-id {hook['hookId']} --action CONTINUE` (or ROLLBACK, which is the end of "
                "the release)."
            )
        status = self.told.get("status", "")
        return f"{self.service.name}: {' '.join(filter(None, (status, stage)))}" if status else ""

    def _pause(self) -> dict[str, Any] | None:
        hooks: list[dict[str, Any]] = self.told.get("lifecycleHookDetails", [])
        return next((hook for hook in hooks if hook.get("status") == "AWAITING_ACTION"), None)

    def _answer(self) -> None:
        self._look()
        if (hook := self._pause()) is not None:
            ecs = self.account.client("ecs")
            # A person may have been quicker.
            with suppress(ecs.exceptions.InvalidParameterException):
                ecs.continue_service_deployment(
                    serviceDeploymentArn=self.arn, hookId=hook["hookId"], action="CONTINUE"
                )
            self._look()


def back(rollout: Rollout, before: str | None) -> Iterator[Step]:
    """Bring a service back to the revision that was live; ECS may have done that by itself.

    Raises Failed where there is none, or where another deployment has begun since.
    """
    service, ecs = rollout.service, rollout.account.client("ecs")
    if rollout.others():
        raise Failed(f"{service.name} is left alone: another deployment has begun since.")
    if rollout.find() is None:
        return  # ECS refused to begin it
    if rollout.status() in ONGOING:
        yield Step(
            says=f"take back the deployment of {rollout.what} to {service.name}",
            do=lambda: ecs.stop_service_deployment(
                serviceDeploymentArn=rollout.arn, stopType="ROLLBACK"
            ),
            took_effect=lambda: rollout.status() not in ONGOING,
            shows=rollout._progress,  # noqa: SLF001 - of this module
            timeout=service.minutes * MINUTE,
        )
    if rollout.status() == ROLLED_BACK:
        return
    if before is None:
        raise Failed(f"{service.name} has no revision that was ever deployed to go back to.")
    yield Rollout(
        service=service, revision=lambda: before, what=short(before), continues=True
    ).step()
