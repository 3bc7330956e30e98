"""The target of every URL in the runbook: before, during and after a blue/green deployment."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from engine_stack import Deployed
from pulumi_moto.ecs.deployment import STAGE_SECONDS

DOMAIN = "arbor-energy.com"
GREEN = f"green.{DOMAIN}"
CLUSTER = "arbor-production-cluster"
LOOKS = 24 * (STAGE_SECONDS / 2,) + 20 * (60.0,)
"""Seconds between them: more than one in each stage, and then until it is baked."""
URLS = {
    (DOMAIN, "/api/v1/health"): "backend",
    (DOMAIN, "/api/v1/admin/cache/warm"): "backend",
    (DOMAIN, "/docs"): "frontend",
    (DOMAIN, "/redoc"): "frontend",
    (DOMAIN, "/openapi.json"): "frontend",
    (DOMAIN, "/"): "frontend",
    (DOMAIN, "/plans"): "frontend",
    (GREEN, "/api/v1/health"): "backend",
    (GREEN, "/"): "frontend",
}


@dataclass(frozen=True)
class Listener:
    """Evaluates the HTTPS listener's rules as a load balancer does: in order, first match."""

    elb: Any
    arn: str

    def group_for(self, host: str, path: str) -> str | None:
        """The target group with all the weight, or None if the default action responds."""
        rules = self.elb.describe_rules(ListenerArn=self.arn)["Rules"]
        numbered = [rule for rule in rules if rule["Priority"] != "default"]
        for rule in sorted(numbered, key=lambda rule: int(rule["Priority"])):
            if all(_matches(condition, host, path) for condition in rule["Conditions"]):
                groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
                (serving,) = [g["TargetGroupArn"] for g in groups if g["Weight"]]
                return str(serving)
        return None


def _matches(condition: dict[str, Any], host: str, path: str) -> bool:
    requested = {"host-header": host, "path-pattern": path}[condition["Field"]]
    values = condition.get("Values") or next(
        condition[key]["Values"] for key in condition if key.endswith("Config")
    )
    return any(fnmatchcase(requested, pattern) for pattern in values)


class Traffic:
    """The listener, the services' groups and their healthy targets."""

    def __init__(self, stack: Deployed) -> None:
        self.outputs = {k: v.value for k, v in stack.deployment.stack.outputs().items()}
        self.elb = stack.client("elbv2")
        self.listener = Listener(self.elb, self.outputs["https_listener_arn"])

    def colour(self, host: str, app: str) -> str:
        """The target group of the app that the host's first page leads to."""
        path = {"backend": "/api/v1/health", "frontend": "/"}[app]
        group = self.listener.group_for(host, path)
        service = self.outputs["services"][app]
        return {
            service["blue_target_group_arn"]: "blue",
            service["green_target_group_arn"]: "green",
        }[str(group)]

    def every_url_leads_to_a_healthy_target_of_its_app(self) -> None:
        for (host, path), app in URLS.items():
            group = self.listener.group_for(host, path)
            service = self.outputs["services"][app]
            assert group in {service["blue_target_group_arn"], service["green_target_group_arn"]}
            found = self.elb.describe_target_health(TargetGroupArn=group)
            states = [t["TargetHealth"]["State"] for t in found["TargetHealthDescriptions"]]
            assert states, (host, path)
            assert set(states) == {"healthy"}


def test_every_url_leads_to_its_service_and_other_hosts_to_none(production: Deployed) -> None:
    traffic = Traffic(production)
    traffic.every_url_leads_to_a_healthy_target_of_its_app()
    assert traffic.listener.group_for("example.com", "/") is None
    assert traffic.listener.group_for(f"other.{DOMAIN}", "/api/v1/health") is None
    listener = traffic.elb.describe_listeners(ListenerArns=[traffic.listener.arn])["Listeners"][0]
    assert listener["DefaultActions"][0]["FixedResponseConfig"]["StatusCode"] == "404"


def test_traffic_shifts_on_green_first_and_every_url_keeps_a_target(production: Deployed) -> None:
    ecs, traffic = production.client("ecs"), Traffic(production)
    production.set_speed(0)
    production.advance(7200)
    before = traffic.colour(DOMAIN, "backend")
    other = {"blue": "green", "green": "blue"}[before]
    ecs.update_service(cluster=CLUSTER, service="arbor-production-backend", forceNewDeployment=True)
    seen: list[tuple[str, str]] = []
    for seconds in LOOKS:
        traffic.every_url_leads_to_a_healthy_target_of_its_app()
        now = (traffic.colour(GREEN, "backend"), traffic.colour(DOMAIN, "backend"))
        if not seen or seen[-1] != now:
            seen.append(now)
        production.advance(seconds)
    assert seen == [(before, before), (other, before), (other, other)]
    assert traffic.colour(DOMAIN, "frontend") == traffic.colour(GREEN, "frontend")
