"""Health of the revision under test."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from arbor.ecs import health
from arbor.ecs.services import Service

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ServiceDeploymentTypeDef


@dataclass(frozen=True, kw_only=True)
class Targets:
    """The target group that a deployment's new revision registers in."""

    healthy: int
    registered: int
    """Without those that are draining."""
    desired: int
    """The service's desired count."""

    @property
    def enough(self) -> bool:
        return self.healthy >= max(self.desired, 1)

    def summary(self) -> str:
        """For a table or a sentence: `2 of 3 targets healthy`."""
        return f"{self.healthy} of {self.desired} targets healthy"


def read(service: Service, deployment: "ServiceDeploymentTypeDef") -> Targets:
    """The targets of a described deployment; its revision names the target group."""
    account = service.account
    revision = deployment.get("targetServiceRevision", {}).get("arn")
    found = (
        account.client("ecs").describe_service_revisions(serviceRevisionArns=[revision])[
            "serviceRevisions"
        ]
        if revision
        else []
    )
    groups = [
        balancer["targetGroupArn"]
        for one in found
        for balancer in one.get("resolvedConfiguration", {}).get("loadBalancers", [])
        if "targetGroupArn" in balancer
    ]
    healthy, registered = health.healthy_targets(account, groups)
    return Targets(healthy=healthy, registered=registered, desired=service.desired)
