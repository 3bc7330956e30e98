"""Health of the revision under test."""

from dataclasses import dataclass
from typing import Any

from arbor.ecs.services import Service


@dataclass(frozen=True, kw_only=True)
class Targets:
    """Of the target group that a deployment's new revision registers in."""

    healthy: int
    registered: int
    """All but those that leave."""
    desired: int
    """The service's desired count."""

    @property
    def enough(self) -> bool:
        return self.healthy >= max(self.desired, 1)

    def told(self) -> str:
        return f"{self.healthy} of {self.desired} targets healthy"


def read(service: Service, told: dict[str, Any]) -> Targets:
    """Of a deployment, described in full. ECS says itself which group its revision resolved to."""
    account = service.account
    revision = told.get("targetServiceRevision", {}).get("arn")
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
    elb = account.client("elbv2")
    states = [
        target["TargetHealth"]["State"]
        for group in groups
        for target in elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    ]
    staying = [state for state in states if state != "draining"]
    return Targets(
        healthy=staying.count("healthy"), registered=len(staying), desired=service.desired
    )
