"""The services' newest deployments in a blue/green procedure, read from ECS."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.bluegreen import hooks, record
from arbor.ecs import revisions, services
from arbor.ecs.rollout import REVERSIBLE, SUCCESSFUL, Rollout
from arbor.ecs.services import ONGOING, Service, command, short
from arbor.procedure import Refused

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import DeploymentLifecycleHookDetailTypeDef

SHIFTED = frozenset({"POST_PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP"})


@dataclass(frozen=True, kw_only=True)
class ServiceDeployment:
    """A service, its newest deployment, and the record that `start` wrote."""

    service: Service
    record: record.Record | None
    rollout: Rollout
    """The newest deployment; its description is empty if there is none."""
    revision: str
    """The task definition of that deployment."""

    @property
    def version(self) -> str:
        return self.rollout.what

    @property
    def status(self) -> str:
        return str(self.rollout.described.get("status", ""))

    @property
    def ongoing(self) -> bool:
        return self.status in ONGOING

    @property
    def is_reversible(self) -> bool:
        return self.status in REVERSIBLE

    @property
    def waits(self) -> "list[DeploymentLifecycleHookDetailTypeDef]":
        return services.pauses(self.rollout.described)

    @property
    def until(self) -> datetime | None:
        """When the first pause times out."""
        return min((hook["expiresAt"] for hook in self.waits if "expiresAt" in hook), default=None)

    @property
    def was_continued(self) -> bool:
        """Whether its pause was answered with CONTINUE."""
        found = self.rollout.described.get("lifecycleHookDetails", [])
        return any(
            hook.get("status") == "SUCCEEDED" and hook.get("targetType") == hooks.PAUSE
            for hook in found
        )

    @property
    def is_ours(self) -> bool:
        """Whether the newest deployment is the recorded one, or there is no record."""
        return self.record is None or self.record.revision == self.revision

    @property
    def concerned(self) -> bool:
        """Whether it is under test or will be."""
        pauses = hooks.pauses(self.service.configuration)
        return self.record is not None or (self.ongoing and (bool(self.waits) or pauses))

    @property
    def has_shifted(self) -> bool:
        return self.status == SUCCESSFUL or self.rollout.described.get("lifecycleStage") in SHIFTED

    def state(self) -> str:
        """A sentence about its newest deployment."""
        if not self.status:
            return f"{self.service.name} has no deployment."
        if self.ongoing:
            stage = self.rollout.described.get("lifecycleStage", "")
            at = f" at {stage}" if stage else ""
            return f"The deployment of {self.version} to {self.service.name} is {self.status}{at}."
        if self.status == SUCCESSFUL:
            return f"{self.service.name} runs {self.version}: its last deployment is {SUCCESSFUL}."
        return self.rollout.ended()


def read(account: Account) -> list[ServiceDeployment]:
    """Every service in release order. Raises Refused if there is none."""
    found = services.required(account)
    records = record.read(account, [service.app for service in found])
    return [_part(service, records.get(service.app)) for service in found]


def none(account: Account, found: list[ServiceDeployment], why: str) -> Refused:
    """The refusal if no deployment is concerned, with the state of each service."""
    states = "\n".join(part.state() for part in found)
    return Refused(f"{why}\n{states}\nStart a test with {command(account, 'start VERSION')}.")


def _part(service: Service, kept: record.Record | None) -> ServiceDeployment:
    newest = service.deployments()[:1]
    revision = services.revision_of(service.account, newest[0]) if newest else ""
    rollout = Rollout(
        service=service,
        revision=lambda: revision,
        what=_version(service, revision),
        arn=newest[0]["serviceDeploymentArn"] if newest else None,
    )
    rollout.refresh()
    return ServiceDeployment(service=service, record=kept, rollout=rollout, revision=revision)


def _version(service: Service, revision: str) -> str:
    """The image's version, or `family:revision` for an image without one."""
    try:
        return revisions.version_of(service.account, revision, service.app)
    except Refused:
        return short(revision)
