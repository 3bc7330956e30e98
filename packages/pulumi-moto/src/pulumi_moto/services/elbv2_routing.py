"""Target groups and listener rules."""

from pulumi_moto.row import Autoname, Change, Client, Props, Row, State, fields
from pulumi_moto.services.elbv2_actions import (
    actions_from_aws,
    actions_to_aws,
    retag,
    same_actions,
    tags_of,
)
from pulumi_moto.services.equivalence import same_unordered
from pulumi_moto.services.missing import deleting, first
from pulumi_moto.shapes import Members, tag_list

LONGEST_NAME = 32
HEALTH = {
    "path": "HealthCheckPath",
    "port": "HealthCheckPort",
    "protocol": "HealthCheckProtocol",
    "interval": "HealthCheckIntervalSeconds",
    "timeout": "HealthCheckTimeoutSeconds",
    "healthyThreshold": "HealthyThresholdCount",
    "unhealthyThreshold": "UnhealthyThresholdCount",
    "enabled": "HealthCheckEnabled",
}
ATTRIBUTES = {
    "deregistrationDelay": "deregistration_delay.timeout_seconds",
    "slowStart": "slow_start.duration_seconds",
    "loadBalancingAlgorithmType": "load_balancing.algorithm.type",
}


def _health(props: Props) -> Members:
    check = props.get("healthCheck") or {}
    params = {aws: check[name] for name, aws in HEALTH.items() if name in check}
    return {**params, **({"Matcher": {"HttpCode": check["matcher"]}} if "matcher" in check else {})}


def create_group(elb: Client, props: Props) -> str:
    made = elb.create_target_group(
        Name=props["name"],
        Port=int(props["port"]),
        Protocol=props["protocol"],
        VpcId=props["vpcId"],
        TargetType=props["targetType"],
        Tags=tag_list(props.get("tags")),
        **_health(props),
    )
    arn = str(made["TargetGroups"][0]["TargetGroupArn"])
    _set_attributes(elb, arn, props)
    return arn


def _set_attributes(elb: Client, arn: str, props: Props) -> None:
    wanted = {aws: str(props[name]) for name, aws in ATTRIBUTES.items() if name in props}
    if wanted:
        attributes = [{"Key": key, "Value": value} for key, value in wanted.items()]
        elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=attributes)


def read_group(elb: Client, arn: str) -> State | None:
    found = first(elb.describe_target_groups, "TargetGroups", TargetGroupArns=[arn])
    if found is None:
        return None
    listed = elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    attributes = {one["Key"]: one["Value"] for one in listed}
    check = {name: found[aws] for name, aws in HEALTH.items() if aws in found}
    return {
        "name": found["TargetGroupName"],
        "port": found["Port"],
        "protocol": found["Protocol"],
        "vpcId": found["VpcId"],
        "targetType": found["TargetType"],
        "deregistrationDelay": int(attributes[ATTRIBUTES["deregistrationDelay"]]),
        "slowStart": int(attributes.get(ATTRIBUTES["slowStart"], 0)),
        "loadBalancingAlgorithmType": attributes.get(
            ATTRIBUTES["loadBalancingAlgorithmType"], "round_robin"
        ),
        "healthCheck": {**check, "matcher": found["Matcher"]["HttpCode"]},
        "tags": tags_of(elb, arn),
        "arn": arn,
        "arnSuffix": arn.rsplit(":", 1)[1],
    }


def update_group(elb: Client, arn: str, change: Change) -> None:
    if "healthCheck" in change.keys:
        elb.modify_target_group(TargetGroupArn=arn, **_health(change.new))
    _set_attributes(elb, arn, change.new)
    retag(elb, arn, change)


def _same_health(old: Props, new: Props) -> bool:
    """Compare the fields that the program sets; AWS chooses the others."""
    return all(old.get(key) == value for key, value in new.items())


CONDITIONS = {
    "hostHeader": ("host-header", "HostHeaderConfig"),
    "pathPattern": ("path-pattern", "PathPatternConfig"),
}


def _conditions_to_aws(conditions: list[Members]) -> list[Members]:
    return [
        {"Field": field, config: {"Values": condition[name]["values"]}}
        for condition in conditions
        for name, (field, config) in CONDITIONS.items()
        if name in condition
    ]


def _conditions_from_aws(conditions: list[Members]) -> list[Members]:
    names = {field: (name, config) for name, (field, config) in CONDITIONS.items()}
    made = []
    for condition in conditions:
        name, config = names[condition["Field"]]
        values = (condition.get(config) or {}).get("Values") or condition.get("Values", [])
        made.append({name: {"values": values}})
    return made


def create_rule(elb: Client, props: Props) -> str:
    made = elb.create_rule(
        ListenerArn=props["listenerArn"],
        Priority=int(props["priority"]),
        Conditions=_conditions_to_aws(props["conditions"]),
        Actions=actions_to_aws(props["actions"]),
        Tags=tag_list(props.get("tags")),
    )
    return str(made["Rules"][0]["RuleArn"])


def read_rule(elb: Client, arn: str) -> State | None:
    found = first(elb.describe_rules, "Rules", RuleArns=[arn])
    if found is None:
        return None
    listener = arn.replace(":listener-rule/", ":listener/").rsplit("/", 1)[0]
    return {
        "listenerArn": listener,
        "priority": int(found["Priority"]),
        "conditions": _conditions_from_aws(found["Conditions"]),
        "actions": actions_from_aws(found["Actions"]),
        "tags": tags_of(elb, arn),
        "arn": arn,
    }


def update_rule(elb: Client, arn: str, change: Change) -> None:
    if "priority" in change.keys:
        priority = {"RuleArn": arn, "Priority": int(change.new["priority"])}
        elb.set_rule_priorities(RulePriorities=[priority])
    modified: Members = {}
    if "conditions" in change.keys:
        modified["Conditions"] = _conditions_to_aws(change.new["conditions"])
    if "actions" in change.keys:
        modified["Actions"] = actions_to_aws(change.new["actions"])
    if modified:
        elb.modify_rule(RuleArn=arn, **modified)
    retag(elb, arn, change)


ROWS = (
    Row(
        token="aws:lb/targetGroup:TargetGroup",
        client="elbv2",
        source="internal/service/elbv2/target_group.go",
        inputs=fields("name port protocol vpcId targetType tags.*")
        | {*ATTRIBUTES, *(f"healthCheck.{name}" for name in (*HEALTH, "matcher"))},
        outputs=fields("arn arnSuffix"),
        replaces=fields("name port protocol vpcId targetType"),
        computed=fields("healthCheck loadBalancingAlgorithmType name"),
        same={"healthCheck": _same_health},
        autoname=Autoname(longest=LONGEST_NAME),
        create=create_group,
        read=read_group,
        update=update_group,
        delete=deleting("delete_target_group", "TargetGroupArn"),
    ),
    Row(
        token="aws:lb/listenerRule:ListenerRule",
        client="elbv2",
        source="internal/service/elbv2/listener_rule.go",
        inputs=fields("listenerArn priority actions.* tags.*")
        | {*(f"conditions.{name}.values" for name in CONDITIONS)},
        outputs=fields("arn"),
        replaces=fields("listenerArn"),
        computed=fields("priority"),
        same={"conditions": same_unordered, "actions": same_actions},
        create=create_rule,
        read=read_rule,
        update=update_rule,
        delete=deleting("delete_rule", "RuleArn"),
    ),
)
