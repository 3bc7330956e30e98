"""The deployments of a service, each with its revision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from arbor.account import Account, together
from arbor.ecs import revisions
from arbor.ecs.services import ONGOING, Service
from arbor.ecs.services import short as short_of

AT_ONCE = 20
"""Service revisions that ECS describes in one call."""


@dataclass(frozen=True, kw_only=True)
class PastDeployment:
    """One deployment, finished or not."""

    arn: str
    status: str
    revision: str
    """The task definition that it deploys."""
    begun: datetime
    ended: datetime | None

    @property
    def number(self) -> int:
        return revisions.number(self.revision)

    @property
    def short(self) -> str:
        return short_of(self.revision)

    @property
    def is_under_way(self) -> bool:
        return self.status in ONGOING


def read(service: Service) -> list[PastDeployment]:
    """The deployments of the last 90 days, which ECS keeps; the newest first.

    Only those of the service's own family, in which numbers grow with time.
    """
    listed = service.deployments()
    revision_by_arn = _revisions(
        service.account, [str(one["targetServiceRevisionArn"]) for one in listed]
    )
    return [
        PastDeployment(
            arn=str(one["serviceDeploymentArn"]),
            status=str(one["status"]),
            revision=revision,
            begun=one["createdAt"],
            ended=one.get("finishedAt"),
        )
        for one in listed
        if (revision := revision_by_arn.get(str(one["targetServiceRevisionArn"])))
        and revisions.family_of(revision) == service.name
    ]


def _revisions(account: Account, arns: Sequence[str]) -> dict[str, str]:
    """The task definition of each service revision that ECS still has."""
    ecs = account.client("ecs")
    calls = [
        partial(ecs.describe_service_revisions, serviceRevisionArns=arns[begin : begin + AT_ONCE])
        for begin in range(0, len(arns), AT_ONCE)
    ]
    return {
        one["serviceRevisionArn"]: one["taskDefinition"]
        for answer in together(*calls)
        for one in answer["serviceRevisions"]
    }
