"""Which colour of each service is live, by its rule's weights, and how the targets of both are."""

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any

from arbor.account import APPS, Account, together
from arbor.incident.row import Mark, Row, listed
from arbor.incident.shared import Shared

COLOURS = ("blue", "green")
HEALTHY, LEAVING = "healthy", "draining"


@dataclass(frozen=True, kw_only=True)
class Colour:
    """A target group of a service."""

    app: str
    colour: str
    weight: int
    """Its share of the users' requests."""
    states: dict[str, int]
    """How many targets are in each state."""
    reasons: list[str]
    """Why targets aren't healthy, as the load balancer says it."""

    @property
    def live(self) -> bool:
        return self.weight > 0

    @property
    def healthy(self) -> int:
        return self.states.get(HEALTHY, 0)

    @property
    def targets(self) -> int:
        """All but those that are leaving."""
        return sum(self.states.values()) - self.states.get(LEAVING, 0)


def read(shared: Shared) -> list[Colour]:
    """Both colours of each service that there is."""
    entries = {app: service["loadBalancers"][0] for app, service in shared.services.get().items()}
    groups = [
        (app, arn)
        for app, entry in entries.items()
        for arn in (
            entry["targetGroupArn"],
            entry["advancedConfiguration"]["alternateTargetGroupArn"],
        )
    ]
    asked: list[Any] = together(
        shared.rules.get, *(partial(_targets, shared.account, arn) for _, arn in groups)
    )
    rules, *targets = asked
    weights = _weights(rules)
    return [
        _colour(app, arn, weights.get(arn, 0), described)
        for (app, arn), described in zip(groups, targets, strict=True)
    ]


def name(arn: str) -> str:
    """The colour that a target group is called by: targetgroup/backend-blue-1a2b3c4/ID."""
    called = arn.split("/")[-2]
    return next((colour for colour in COLOURS if colour in called.split("-")), called)


def _weights(rules: dict[str, dict[str, Any]]) -> dict[str, int]:
    return {
        group["TargetGroupArn"]: group["Weight"]
        for rule in rules.values()
        for action in rule["Actions"]
        if action["Type"] == "forward"
        for group in action["ForwardConfig"]["TargetGroups"]
    }


def _targets(account: Account, arn: str) -> list[dict[str, Any]]:
    found = account.client("elbv2").describe_target_health(TargetGroupArn=arn)
    return list(found["TargetHealthDescriptions"])


def _colour(app: str, arn: str, weight: int, described: list[dict[str, Any]]) -> Colour:
    health = [target["TargetHealth"] for target in described]
    return Colour(
        app=app,
        colour=name(arn),
        weight=weight,
        states=dict(Counter(one["State"] for one in health)),
        reasons=sorted(
            {
                one.get("Description") or one.get("Reason", "")
                for one in health
                if one["State"] not in {HEALTHY, LEAVING}
            }
            - {""}
        ),
    )


def rows(found: list[Colour]) -> list[Row]:
    """A line a colour, and one for a service of which no colour is live."""
    none = [
        Row("NG", f"{app} colours", "no colour gets the users' requests")
        for app in APPS
        if not any(colour.live for colour in found if colour.app == app)
    ]
    return [_row(colour) for colour in found] + none


def _row(colour: Colour) -> Row:
    states = ", ".join(f"{count} {state}" for state, count in colour.states.items())
    why = f" ({listed(colour.reasons, 2)})" if colour.reasons else ""
    live = f"live, weight {colour.weight}" if colour.live else "not live"
    well = 0 < colour.targets == colour.healthy
    mark: Mark = ("OK" if well else "NG") if colour.live else ""
    return Row(mark, f"{colour.app} {colour.colour}", f"{live}: {states or 'no targets'}{why}")
