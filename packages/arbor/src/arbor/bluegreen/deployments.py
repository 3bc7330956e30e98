"""The services' newest deployments in a blue/green procedure, read from ECS."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.bluegreen import hooks, record
from arbor.ecs import revisions, services
from arbor.ecs.rollout import GOES_ON, SUCCESSFUL, Rollout
from arbor.ecs.services import ONGOING, Service, command, short
from arbor.procedure import Refused

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import DeploymentLifecycleHookDetailTypeDef

USERS_MOVED = frozenset({"POST_PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP"})


@dataclass(frozen=True, kw_only=True)
class ServiceDeployment:
    """A service, its newest deployment, and the record that `start` wrote."""

    service: Service
    record: record.Record | None
    rollout: Rollout
    """The newest deployment; without a description where there is none."""
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
    def goes_on(self) -> bool:
        return self.status in GOES_ON

    @property
    def waits(self) -> "list[DeploymentLifecycleHookDetailTypeDef]":
        return services.pauses(self.rollout.described)

    @property
    def until(self) -> datetime | None:
        """When the first pause ends by itself."""
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
        """Under test, or about to be."""
        pauses = hooks.pauses(self.service.configuration)
        return self.record is not None or (self.ongoing and (bool(self.waits) or pauses))

    @property
    def users_moved(self) -> bool:
        return (
            self.status == SUCCESSFUL or self.rollout.described.get("lifecycleStage") in USERS_MOVED
        )

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
    """Every service in release order; raises Refused where there is none."""
    found = services.every(account)
    if not found:
        raise services.none(account)
    records = record.read(account, [service.app for service in found])
    return [_part(service, records.get(service.app)) for service in found]


def none(account: Account, found: list[ServiceDeployment], why: str) -> Refused:
    """The refusal where no deployment is concerned, with the state of each service."""
    states = "\n".join(part.state() for part in found)
    return Refused(f"{why}\n{states}\nBegin with {command(account, 'start VERSION')}.")


def _part(service: Service, kept: record.Record | None) -> ServiceDeployment:
    newest = service.deployments()[:1]
    revision = services.revision_of(service.account, newest[0]) if newest else ""
    rollout = Rollout(
        service=service,
        revision=lambda: revision,
        what=_version(service, revision),
        arn=newest[0]["serviceDeploymentArn"] if newest else None,
    )
    rollout.look()
    return ServiceDeployment(service=service, record=kept, rollout=rollout, revision=revision)


def _version(service: Service, revision: str) -> str:
    """As it is tagged, or the revision where it isn't."""
    try:
        return revisions.version_of(service.account, revision, service.app)
    except Refused:
        return short(revision)
