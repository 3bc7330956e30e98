"""The service that users get from an Arbor stack: live versions and desired counts."""

from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

from engine_stack import Deployed
from pulumi_moto.observer import ANY

PREFIX = {"production": "arbor-production", "staging": "arbor-staging"}


@dataclass(frozen=True, kw_only=True)
class Serving:
    """A service as its users observe it; equal if nothing visible to them changed."""

    version: str
    """Image tag of the tasks behind the production rule's weights."""
    revision: str
    """ARN of the task definition of those tasks."""
    desired: int
    """The service's desired count."""
    healthy: int
    """Targets in the groups with a weight."""

    @property
    def release(self) -> tuple[str, int]:
        """Revision and count, which only a release and an operator may change."""
        return self.revision, self.desired


def serving(stack: Deployed) -> dict[str, Serving]:
    """By the service's short name, such as `backend`, for every service of the cluster."""
    prefix = PREFIX[stack.deployment.stack.name]
    ecs, cluster = stack.client("ecs"), f"{prefix}-cluster"
    arns = ecs.list_services(cluster=cluster)["serviceArns"]
    names = sorted(arn.rsplit("/", 1)[-1] for arn in arns)
    if not names:
        return {}
    described = ecs.describe_services(cluster=cluster, services=names)["services"]
    return {
        one["serviceName"].removeprefix(f"{prefix}-"): _serving(stack, cluster, one)
        for one in described
        if one["status"] == "ACTIVE" and _rule_of(one)
    }


def outages(stack: Deployed) -> list[dict[str, Any]]:
    """The outages since the last call, without the paths of a removed service.

    A service is deleted before its rules (components/service.py), so its own paths get 503 for a
    moment; the procedure moves them to another service first.
    """
    (first,) = stack.client("elbv2").describe_load_balancers()["LoadBalancers"]
    listeners = stack.client("elbv2").describe_listeners(LoadBalancerArn=first["LoadBalancerArn"])
    named = {
        value
        for listener in listeners["Listeners"]
        for rule in stack.client("elbv2").describe_rules(ListenerArn=listener["ListenerArn"])[
            "Rules"
        ]
        for condition in rule["Conditions"]
        if condition["Field"] == "path-pattern"
        for value in condition["PathPatternConfig"]["Values"]
    }
    return [
        one
        for one in stack.unserved()
        if any(fnmatch(one["path"], pattern) for pattern in named) or _is_rest(one["path"])
    ]


def _is_rest(path: str) -> bool:
    """Whether the observer requested a path without a pattern."""
    return path == f"/{ANY}"


def _rule_of(service: dict[str, Any]) -> str | None:
    """Its production rule; an extra service of an operator has none."""
    for balancer in service.get("loadBalancers", []):
        rule = (balancer.get("advancedConfiguration") or {}).get("productionListenerRule")
        if rule:
            return str(rule)
    return None


def _serving(stack: Deployed, cluster: str, service: dict[str, Any]) -> Serving:
    ecs, elb = stack.client("ecs"), stack.client("elbv2")
    rule = elb.describe_rules(RuleArns=[_rule_of(service)])["Rules"][0]
    weights = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    groups = [one["TargetGroupArn"] for one in weights if one["Weight"]]
    addresses = {
        target["Target"]["Id"]
        for group in groups
        for target in elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        if target["TargetHealth"]["State"] == "healthy"
    }
    arns = ecs.list_tasks(cluster=cluster, serviceName=service["serviceName"])["taskArns"]
    tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
    behind = [task for task in tasks if _address(task) in addresses]
    revisions = {task["taskDefinitionArn"] for task in behind}
    images = {task["containers"][0]["image"] for task in behind}
    return Serving(
        version=_one({image.rsplit(":", 1)[-1] for image in images}),
        revision=_one(revisions),
        desired=int(service["desiredCount"]),
        healthy=len(addresses),
    )


def _one(found: set[str]) -> str:
    """The only value; several (while weights are split) joined."""
    return " and ".join(sorted(found)) or "nothing"


def _address(task: dict[str, Any]) -> str:
    details = task["attachments"][0]["details"] if task.get("attachments") else []
    return next((str(d["value"]) for d in details if d["name"] == "privateIPv4Address"), "")
