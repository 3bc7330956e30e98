"""Listener rules and target groups, as ECS moves them."""

from moto.core.exceptions import ServiceException
from moto.elbv2.models import ELBv2Backend, FakeAction, FakeListenerRule, FakeRule, elbv2_backends

from emulator.ecs.deployment import RollbackError

ALL = 100


def backend_of(arn: str) -> ELBv2Backend:
    """The ELB of the account and region that an ARN names."""
    _, _, _, region, account, *_ = arn.split(":")
    return elbv2_backends[account][region]


def rule(arn: str) -> FakeListenerRule | FakeRule:
    """The rule; raises RollbackError when somebody deleted it."""
    try:
        found: FakeListenerRule | FakeRule = backend_of(arn).describe_rules(None, [arn])[0]
    except ServiceException as missing:
        raise RollbackError(f"Listener rule {arn} does not exist.") from missing
    return found


def weights(arn: str) -> dict[str, int]:
    """Weight by target group; a plain forward has all of it."""
    for action in rule(arn).actions:
        groups = (action.data.get("ForwardConfig") or {}).get("TargetGroups")
        if groups:
            return {group["TargetGroupArn"]: int(group["Weight"]) for group in groups}
        if "TargetGroupArn" in action.data:
            return {action.data["TargetGroupArn"]: ALL}
    return {}


def shift(arn: str, *, to: str, away_from: str) -> None:
    """Give all of a rule's weight to one group.

    Raises RollbackError when the rule lacks one of the two, as ECS then rolls back.
    """
    found = weights(arn)
    for group in (to, away_from):
        if group not in found:
            raise RollbackError(
                f"Listener rule {arn} does not forward to target group {group}; both target "
                "groups must be in its forward action."
            )
    groups = [{"TargetGroupArn": group, "Weight": ALL if group == to else 0} for group in found]
    rule(arn).actions = [FakeAction({"Type": "forward", "ForwardConfig": {"TargetGroups": groups}})]


def register(group: str, address: str, port: int) -> None:
    backend_of(group).register_targets(group, [{"Id": address, "Port": port}])


def deregister(group: str, address: str, port: int) -> None:
    backend = backend_of(group)
    if group in backend.target_groups and address in backend.target_groups[group].targets:
        backend.deregister_targets(group, [{"Id": address, "Port": port}])
