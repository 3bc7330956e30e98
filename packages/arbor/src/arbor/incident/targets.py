"""The target groups of each service: weight, and health of the targets."""

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from arbor.account import Account, both, together
from arbor.check import Check, Status
from arbor.incident.checks import listed
from arbor.incident.reads import SharedReads

if TYPE_CHECKING:
    from mypy_boto3_elbv2.type_defs import RuleTypeDef, TargetHealthDescriptionTypeDef

COLOURS = ("blue", "green")
HEALTHY, DRAINING = "healthy", "draining"


@dataclass(frozen=True, kw_only=True)
class TargetGroupState:
    """One of a service's two target groups."""

    app: str
    colour: str
    weight: int
    """In the production rule."""
    states: dict[str, int]
    """Number of targets by state."""
    reasons: list[str]
    """The load balancer's reasons for targets that aren't healthy."""

    @property
    def live(self) -> bool:
        return self.weight > 0

    @property
    def healthy(self) -> int:
        return self.states.get(HEALTHY, 0)

    @property
    def targets(self) -> int:
        """Without the targets that are draining."""
        return sum(self.states.values()) - self.states.get(DRAINING, 0)


def read(shared: SharedReads) -> list[TargetGroupState]:
    """Both target groups of each ECS service."""
    entries = {app: service["loadBalancers"][0] for app, service in shared.services.get().items()}
    groups = [
        (app, arn)
        for app, entry in entries.items()
        for arn in (
            entry["targetGroupArn"],
            entry["advancedConfiguration"]["alternateTargetGroupArn"],
        )
    ]
    rules, targets = both(
        shared.rules.get,
        lambda: together(*(partial(_targets, shared.account, arn) for _, arn in groups)),
    )
    weights = _weights(rules)
    return [
        _state(app, arn, weights.get(arn, 0), described)
        for (app, arn), described in zip(groups, targets, strict=True)
    ]


def colour(arn: str) -> str:
    """The colour in a target group's name: targetgroup/backend-blue-1a2b3c4/ID."""
    name = arn.split("/")[-2]
    return next((one for one in COLOURS if one in name.split("-")), name)


def _weights(rules: "dict[str, RuleTypeDef]") -> dict[str, int]:
    return {
        group["TargetGroupArn"]: group["Weight"]
        for rule in rules.values()
        for action in rule["Actions"]
        if action["Type"] == "forward"
        for group in action["ForwardConfig"]["TargetGroups"]
    }


def _targets(account: Account, arn: str) -> "list[TargetHealthDescriptionTypeDef]":
    found = account.client("elbv2").describe_target_health(TargetGroupArn=arn)
    return found["TargetHealthDescriptions"]


def _state(
    app: str, arn: str, weight: int, described: "list[TargetHealthDescriptionTypeDef]"
) -> TargetGroupState:
    health = [target["TargetHealth"] for target in described]
    return TargetGroupState(
        app=app,
        colour=colour(arn),
        weight=weight,
        states=dict(Counter(one["State"] for one in health)),
        reasons=sorted(
            {
                one.get("Description") or one.get("Reason", "")
                for one in health
                if one["State"] not in {HEALTHY, DRAINING}
            }
            - {""}
        ),
    )


def checks(found: list[TargetGroupState]) -> list[Check]:
    """One for each target group, and one for a service without production traffic."""
    without_traffic = [
        Check(
            status="NG",
            name=f"{app} colours",
            message="no target group receives production traffic",
        )
        for app in dict.fromkeys(group.app for group in found)
        if not any(group.live for group in found if group.app == app)
    ]
    return [_check(group) for group in found] + without_traffic


def _check(group: TargetGroupState) -> Check:
    states = ", ".join(f"{count} {state}" for state, count in group.states.items())
    reasons = f" ({listed(group.reasons, 2)})" if group.reasons else ""
    live = f"live, weight {group.weight}" if group.live else "not live"
    healthy = 0 < group.targets == group.healthy
    status: Status = ("OK" if healthy else "NG") if group.live else ""
    return Check(
        status=status,
        name=f"{group.app} {group.colour}",
        message=f"{live}: {states or 'no targets'}{reasons}",
    )
