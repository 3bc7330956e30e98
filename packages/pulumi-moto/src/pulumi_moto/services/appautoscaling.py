"""Application Auto Scaling: targets and policies.

The AWS provider's ids (the resource's id, the policy's name) lack the service and the dimension.
The ids here are the paths with which the provider imports one:
`ecs/service/CLUSTER/NAME/ecs:service:DesiredCount`, and the same with `/POLICY` after it.
"""

from typing import Any

from pulumi_moto.row import Autoname, Change, Client, Props, Row, State, fields
from pulumi_moto.shapes import Members, from_aws, to_aws, without_empty

TRACKING = "targetTrackingScalingPolicyConfiguration"
WHOLE_NUMBERS = ("scaleInCooldown", "scaleOutCooldown")


def register_target(scaling: Client, props: Props) -> str:
    suspended = props.get("suspendedState")
    scaling.register_scalable_target(
        **_where(props),
        MinCapacity=int(props["minCapacity"]),
        MaxCapacity=int(props["maxCapacity"]),
        **({"SuspendedState": to_aws(suspended)} if suspended else {}),
        Tags=dict(props.get("tags", {})),
    )
    return "/".join(_where(props).values())


def read_target(scaling: Client, physical_id: str) -> State | None:
    found = _find_target(scaling, physical_id)
    if found is None:
        return None
    arn = found["ScalableTargetARN"]
    return {
        "serviceNamespace": found["ServiceNamespace"],
        "resourceId": found["ResourceId"],
        "scalableDimension": found["ScalableDimension"],
        "minCapacity": found["MinCapacity"],
        "maxCapacity": found["MaxCapacity"],
        "suspendedState": from_aws(found["SuspendedState"]),
        "roleArn": found["RoleARN"],
        "arn": arn,
        "tags": scaling.list_tags_for_resource(ResourceARN=arn)["Tags"],
    }


def update_target(scaling: Client, physical_id: str, change: Change) -> None:
    new, arn = change.new, change.old["arn"]
    if change.keys - {"tags"}:
        scaling.register_scalable_target(
            **_where(new),
            MinCapacity=int(new["minCapacity"]),
            MaxCapacity=int(new["maxCapacity"]),
            SuspendedState=to_aws({**RUNNING, **new.get("suspendedState", {})}),
        )
    if "tags" in change.keys:
        scaling.untag_resource(ResourceARN=arn, TagKeys=list(change.old.get("tags", {})))
        scaling.tag_resource(ResourceARN=arn, Tags=dict(new.get("tags", {})))


def deregister_target(scaling: Client, physical_id: str, _state: Props) -> None:
    if found := _find_target(scaling, physical_id):
        scaling.deregister_scalable_target(
            ServiceNamespace=found["ServiceNamespace"],
            ResourceId=found["ResourceId"],
            ScalableDimension=found["ScalableDimension"],
        )


RUNNING = {
    "dynamicScalingInSuspended": False,
    "dynamicScalingOutSuspended": False,
    "scheduledScalingSuspended": False,
}
"""The default of `suspendedState`."""


def put_policy(scaling: Client, props: Props) -> str:
    scaling.put_scaling_policy(
        **_where(props),
        PolicyName=props["name"],
        PolicyType=props["policyType"],
        TargetTrackingScalingPolicyConfiguration=_params_of_tracking(props[TRACKING]),
    )
    return "/".join((*_where(props).values(), props["name"]))


def read_policy(scaling: Client, physical_id: str) -> State | None:
    found = _find_policy(scaling, physical_id)
    if found is None:
        return None
    return {
        "name": found["PolicyName"],
        "policyType": found["PolicyType"],
        "serviceNamespace": found["ServiceNamespace"],
        "resourceId": found["ResourceId"],
        "scalableDimension": found["ScalableDimension"],
        TRACKING: from_aws(found["TargetTrackingScalingPolicyConfiguration"]),
        "arn": found["PolicyARN"],
        "alarmArns": [alarm["AlarmARN"] for alarm in found.get("Alarms", [])],
    }


def update_policy(scaling: Client, physical_id: str, change: Change) -> None:
    put_policy(scaling, change.new)


def delete_policy(scaling: Client, physical_id: str, _state: Props) -> None:
    if found := _find_policy(scaling, physical_id):
        scaling.delete_scaling_policy(
            PolicyName=found["PolicyName"],
            ServiceNamespace=found["ServiceNamespace"],
            ResourceId=found["ResourceId"],
            ScalableDimension=found["ScalableDimension"],
        )


def _where(props: Props) -> dict[str, str]:
    return {
        "ServiceNamespace": props["serviceNamespace"],
        "ResourceId": props["resourceId"],
        "ScalableDimension": props["scalableDimension"],
    }


def _find_target(scaling: Client, physical_id: str) -> Members | None:
    namespace, rest = physical_id.split("/", 1)
    resource, dimension = rest.rsplit("/", 1)
    found = scaling.describe_scalable_targets(
        ServiceNamespace=namespace, ResourceIds=[resource], ScalableDimension=dimension
    )["ScalableTargets"]
    return next(iter(found), None)


def _find_policy(scaling: Client, physical_id: str) -> Members | None:
    namespace, rest = physical_id.split("/", 1)
    resource, dimension, name = rest.rsplit("/", 2)
    found = scaling.describe_scaling_policies(
        ServiceNamespace=namespace, ResourceId=resource, ScalableDimension=dimension
    )["ScalingPolicies"]
    return next((p for p in found if p["PolicyName"] == name and p["ResourceId"] == resource), None)


def _params_of_tracking(tracking: Props) -> Any:
    whole = {key: int(tracking[key]) for key in WHOLE_NUMBERS if key in tracking}
    return to_aws({**tracking, **whole})


def _same_tracking(old: Props, new: Props) -> bool:
    """Compare metrics and dimensions as sets; scale-in is enabled by default."""
    return bool(_canonical(old) == _canonical(new))


def _canonical(tracking: Props) -> object:
    return _unordered(without_empty({"disableScaleIn": False, **tracking}))


def _unordered(value: object) -> object:
    if isinstance(value, dict):
        given = {"returnData": True, **value} if "id" in value else value
        return {key: _unordered(item) for key, item in given.items()}
    if isinstance(value, list):
        return sorted((_unordered(item) for item in value), key=repr)
    return value


CUSTOMIZED = f"{TRACKING}.customizedMetricSpecification.metrics"
STATISTIC = f"{CUSTOMIZED}.metricStat"

ROWS = (
    Row(
        token="aws:appautoscaling/target:Target",
        client="application-autoscaling",
        source="internal/service/appautoscaling/target.go",
        inputs=fields(
            "serviceNamespace resourceId scalableDimension minCapacity maxCapacity tags.*"
        )
        | {*(f"suspendedState.{key}" for key in RUNNING)},
        outputs=fields("arn roleArn"),
        replaces=fields("serviceNamespace resourceId scalableDimension"),
        same={"suspendedState": lambda old, new: {**RUNNING, **old} == {**RUNNING, **new}},
        create=register_target,
        read=read_target,
        update=update_target,
        delete=deregister_target,
    ),
    Row(
        token="aws:appautoscaling/policy:Policy",
        client="application-autoscaling",
        source="internal/service/appautoscaling/policy.go",
        inputs=fields("name policyType serviceNamespace resourceId scalableDimension")
        | fields("targetValue disableScaleIn scaleInCooldown scaleOutCooldown", below=TRACKING)
        | fields(
            "predefinedMetricType resourceLabel", below=f"{TRACKING}.predefinedMetricSpecification"
        )
        | fields("id expression label returnData", below=CUSTOMIZED)
        | fields("stat unit metric.metricName metric.namespace", below=STATISTIC)
        | fields("name value", below=f"{STATISTIC}.metric.dimensions"),
        outputs=fields("arn alarmArns"),
        replaces=fields("name serviceNamespace resourceId scalableDimension"),
        same={TRACKING: _same_tracking},
        autoname=Autoname(),
        create=put_policy,
        read=read_policy,
        update=update_policy,
        delete=delete_policy,
    ),
)
