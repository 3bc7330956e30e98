"""Checks of target groups and rules, between which ECS shifts traffic."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.ecs.services import Service
from arbor.release.verify.snapshot import Found, Snapshot

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import LoadBalancerTypeDef
    from mypy_boto3_elbv2.type_defs import TargetGroupTypeDef

WEIGHTS = [0, 100]


def target_groups(snapshot: Snapshot) -> Found:
    """Each service has two target groups of IP addresses on its container's port."""
    wrong, right = [], []
    for service in snapshot.services:
        balancer = snapshot.balancer(service.app)
        arns, port = _groups(balancer), balancer["containerPort"]
        wrong += list(_ports(snapshot, service.app, balancer))
        found = _described(snapshot.account, arns)
        for arn in arns:
            if arn not in found:
                wrong.append(
                    f"There is no target group {_short(arn)} of {service.name}; run "
                    f"`pulumi up` of {snapshot.account.stack}."
                )
                continue
            group = found[arn]
            for what, is_now, wanted in (
                ("port", group["Port"], port),
                ("protocol", group["Protocol"], "HTTP"),
                ("target type", group["TargetType"], "ip"),
            ):
                if is_now != wanted:
                    wrong.append(
                        f"The {what} of target group {_short(arn)} of {service.name} is {is_now} "
                        f"instead of {wanted}; run `pulumi up` of {snapshot.account.stack}."
                    )
        right.append(f"{service.app} two on port {port}")
    return Found(", ".join(right), tuple(wrong))


def _ports(snapshot: Snapshot, app: str, balancer: "LoadBalancerTypeDef") -> Iterator[str]:
    settings = snapshot.planned[app].settings()
    ports = {mapping["containerPort"] for mapping in settings.get("portMappings", [])}
    if balancer["containerName"] != app or balancer["containerPort"] not in ports:
        yield (
            f"The load balancer sends to {balancer['containerName']}:{balancer['containerPort']}, "
            f"and the new revision of {app} opens {sorted(ports) or 'no port'}: set the image's "
            f"port in Pulumi.{snapshot.account.stack}.yaml."
        )


def rules(snapshot: Snapshot) -> Found:
    """Each rule forwards to both target groups; with one missing, ECS rolls a deployment back."""
    wrong, right = [], []
    for service in snapshot.services:
        balancer = snapshot.balancer(service.app)
        groups, advanced = set(_groups(balancer)), balancer["advancedConfiguration"]
        for name, arn in (
            ("production", advanced.get("productionListenerRule")),
            ("test", advanced.get("testListenerRule")),
        ):
            if arn is not None:
                wrong += list(_rule(snapshot.account, arn, name, service.name, groups))
        right.append(service.app)
    return Found(
        f"production and test rules of {' and '.join(right)} forward to both groups, one with "
        "weight 100",
        tuple(wrong),
    )


def live_targets(snapshot: Snapshot) -> Found:
    """The live target group of each service has a healthy target."""
    wrong, right = [], []
    for service in snapshot.services:
        rule = snapshot.balancer(service.app)["advancedConfiguration"].get("productionListenerRule")
        for group in _live(snapshot.account, rule) if rule else ():
            healthy = _healthy(snapshot.account, group)
            right.append(f"{service.app} {healthy}")
            if healthy == 0:
                wrong.append(_empty(service, group))
    return Found(f"healthy targets behind production: {', '.join(right)}", tuple(wrong))


def _empty(service: Service, group: str) -> str:
    app, typed = service.app, service.account.typed
    start = (
        f"run `{typed(f'arbor scale {app} 1')}` to start one"
        if service.desired == 0
        else f"run `{typed('arbor triage')}` for the cause, or `{typed('arbor rollback')}`"
    )
    return (
        f"The production rule of {app} sends users to {_short(group)}, which has 0 healthy "
        f"targets, so they get 503: {start}."
    )


def _live(account: Account, rule: str) -> list[str]:
    """The target groups of a rule with a weight; empty if the rule doesn't exist."""
    elb = account.client("elbv2")
    try:
        (found,) = elb.describe_rules(RuleArns=[rule])["Rules"]
    except elb.exceptions.RuleNotFoundException:
        return []
    return [
        group["TargetGroupArn"]
        for action in found["Actions"]
        for group in action.get("ForwardConfig", {}).get("TargetGroups", [])
        if group.get("Weight", 1)
    ]


def _healthy(account: Account, group: str) -> int:
    elb = account.client("elbv2")
    try:
        found = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    except elb.exceptions.TargetGroupNotFoundException:
        return 0
    return sum(one["TargetHealth"]["State"] == "healthy" for one in found)


def _rule(account: Account, arn: str, name: str, service: str, groups: set[str]) -> Iterator[str]:
    elb = account.client("elbv2")
    # ECS changes the weights, so Pulumi ignores the actions.
    remedy = f"restore both, 100 for the live one, with `aws elbv2 modify-rule --rule-arn {arn}`."
    try:
        (rule,) = elb.describe_rules(RuleArns=[arn])["Rules"]
    except elb.exceptions.RuleNotFoundException:
        yield f"The {name} rule of {service} is missing; run `pulumi up` of {account.stack}."
        return
    forwards = [action for action in rule["Actions"] if action["Type"] == "forward"]
    if len(forwards) != 1:
        yield f"The {name} rule of {service} has {len(forwards)} forward actions, not one: {remedy}"
        return
    (forward,) = forwards
    held = forward.get("ForwardConfig", {}).get("TargetGroups", [])
    if {group["TargetGroupArn"] for group in held} != groups:
        yield (
            f"The {name} rule of {service} must forward to exactly its two target groups, or ECS "
            f"rolls back: {remedy}"
        )
    elif sorted(group.get("Weight", 1) for group in held) != WEIGHTS:
        weights = "/".join(str(group.get("Weight", 1)) for group in held)
        yield f"The {name} rule of {service} has the weights {weights} instead of 100/0: {remedy}"


def _groups(balancer: "LoadBalancerTypeDef") -> list[str]:
    other = balancer["advancedConfiguration"].get("alternateTargetGroupArn")
    return [balancer["targetGroupArn"], *([other] if other else [])]


def _described(account: Account, arns: list[str]) -> "dict[str, TargetGroupTypeDef]":
    """The existing ones; in one call, a missing one would fail both."""
    elb, found = account.client("elbv2"), {}
    for arn in arns:
        try:
            (found[arn],) = elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
        except elb.exceptions.TargetGroupNotFoundException:
            continue
    return found


def _short(arn: str) -> str:
    return arn.split("/")[-2]
