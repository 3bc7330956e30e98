"""Listener rules and target groups, as ECS checks and changes them.

The messages are from
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshooting-blue-green.html.
Stricter than ECS, which requires each group in one of the two rules: here both rules must forward
to both groups.
"""

from dataclasses import dataclass

from moto.core.exceptions import ServiceException
from moto.elbv2.models import ELBv2Backend, FakeAction, FakeListenerRule, FakeRule, elbv2_backends

from pulumi_moto.ecs.deployment import RollbackError
from pulumi_moto.shapes import Members

ALL = 100
INVALID = "Service deployment rolled back because of invalid networking configuration."


def backend_of(arn: str) -> ELBv2Backend:
    """Return the backend of the ARN's account and region."""
    _, _, _, region, account, *_ = arn.split(":")
    return elbv2_backends[account][region]


def rule(arn: str) -> FakeListenerRule | FakeRule:
    """Return the rule; raises RollbackError if it is missing."""
    try:
        found: FakeListenerRule | FakeRule = backend_of(arn).describe_rules(None, [arn])[0]
    except ServiceException as missing:
        raise RollbackError(f"{INVALID} One or more rules not found: {arn}") from missing
    return found


def weights(arn: str) -> dict[str, int]:
    """Return the weights by target group; a plain forward has weight 100."""
    for action in rule(arn).actions:
        groups = (action.data.get("ForwardConfig") or {}).get("TargetGroups")
        if groups:
            return {group["TargetGroupArn"]: int(group["Weight"]) for group in groups}
        if "TargetGroupArn" in action.data:
            return {action.data["TargetGroupArn"]: ALL}
    return {}


def weight(arn: str, group: str | None) -> int:
    """Return the group's weight in the rule; 0 if the rule is missing."""
    try:
        return weights(arn).get(group or "", 0)
    except RollbackError:
        return 0


def set_weights(arn: str, wanted: dict[str, int]) -> None:
    """Change the rule's weights; keep the rest of its action, such as stickiness."""
    changed = []
    for action in rule(arn).actions:
        if action.type != "forward":
            changed.append(action)
            continue
        config = {**(action.data.get("ForwardConfig") or {})}
        config["TargetGroups"] = [{"TargetGroupArn": g, "Weight": w} for g, w in wanted.items()]
        kept = {key: value for key, value in action.data.items() if key != "TargetGroupArn"}
        changed.append(FakeAction({**kept, "ForwardConfig": config}))
    rule(arn).actions = changed


@dataclass(frozen=True, kw_only=True)
class Routes:
    """The two rules and the two groups of a blue/green service."""

    production: str
    test: str | None
    groups: frozenset[str]
    role: str
    """ARN of the infrastructure role."""

    @property
    def rules(self) -> list[str]:
        return [arn for arn in (self.production, self.test) if arn is not None]

    def other(self, group: str) -> str:
        (found,) = self.groups - {group}
        return found

    def check(self) -> None:
        """Raise RollbackError if ECS can't shift traffic with these rules."""
        for arn in self.rules:
            held = weights(arn)
            for group in sorted(set(held) - self.groups):
                raise RollbackError(
                    f"{INVALID} Listener rule {arn} is forwarding traffic to unexpected target "
                    f"group {group}. Expected traffic to be forwarded to {self._named()}."
                )
            for group in sorted(self.groups - set(held)):
                raise RollbackError(
                    f"{INVALID} Target group {group} is not associated with listener rule {arn}."
                )
        serving = sum(1 for weight in weights(self.production).values() if weight)
        if serving != 1:
            raise RollbackError(
                f"{INVALID} productionListenerRule {self.production} should have exactly one "
                f"target group serving traffic but found {serving} target groups which are "
                "serving traffic"
            )

    def idle(self) -> str:
        """Return the group without production traffic, as the rule has it now."""
        held = weights(self.production)
        return min(sorted(self.groups), key=lambda group: held.get(group, 0))

    def shift(self, arn: str, *, to: str) -> None:
        """Check the rules, then give one group all of a rule's weight."""
        self.check()
        set_weights(arn, {group: ALL if group == to else 0 for group in weights(arn)})

    def _named(self) -> str:
        return " or ".join(sorted(self.groups))


def routes_of(load_balancer: Members) -> Routes | None:
    """Return the routes of a load balancer entry; None without an advanced configuration."""
    advanced = load_balancer.get("advancedConfiguration") or {}
    if "productionListenerRule" not in advanced:
        return None
    return Routes(
        production=advanced["productionListenerRule"],
        test=advanced.get("testListenerRule"),
        groups=frozenset({load_balancer["targetGroupArn"], advanced["alternateTargetGroupArn"]}),
        role=advanced["roleArn"],
    )


def register(group: str, address: str, port: int) -> None:
    backend_of(group).register_targets(group, [{"Id": address, "Port": port}])


def deregister(group: str, address: str) -> None:
    """Deregister a target; ignore a missing group or target."""
    backend = backend_of(group)
    if group in backend.target_groups and address in backend.target_groups[group].targets:
        backend.deregister_targets(group, [{"Id": address}])
