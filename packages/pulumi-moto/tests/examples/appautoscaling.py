from typing import Any

import boto3

from autoscaling_fixtures import service
from row_example import Example

TARGET = {
    "serviceNamespace": "ecs",
    "resourceId": "service/shop/backend",
    "scalableDimension": "ecs:service:DesiredCount",
}


def _target() -> dict[str, Any]:
    service()
    return {
        **TARGET,
        "minCapacity": 2,
        "maxCapacity": 10,
        "suspendedState": {
            "dynamicScalingInSuspended": True,
            "dynamicScalingOutSuspended": False,
            "scheduledScalingSuspended": True,
        },
        "tags": {"Stack": "test", "Component": "backend"},
    }


def _requests(identifier: str, group: str) -> dict[str, Any]:
    return {
        "id": identifier,
        "returnData": False,
        "metricStat": {
            "stat": "Sum",
            "unit": "Count",
            "metric": {
                "metricName": "RequestCountPerTarget",
                "namespace": "AWS/ApplicationELB",
                "dimensions": [{"name": "TargetGroup", "value": group}],
            },
        },
    }


def _policy() -> dict[str, Any]:
    service()
    boto3.client("application-autoscaling").register_scalable_target(
        ServiceNamespace=TARGET["serviceNamespace"],
        ResourceId=TARGET["resourceId"],
        ScalableDimension=TARGET["scalableDimension"],
        MinCapacity=2,
        MaxCapacity=10,
    )
    return {
        **TARGET,
        "name": "requests",
        "policyType": "TargetTrackingScaling",
        # AWS takes one of the two specifications. One example tries both, because the row carries
        # both; the emulated account doesn't refuse the combination.
        "targetTrackingScalingPolicyConfiguration": {
            "targetValue": 1000.0,
            "disableScaleIn": False,
            "scaleInCooldown": 300,
            "scaleOutCooldown": 60,
            "predefinedMetricSpecification": {
                "predefinedMetricType": "ALBRequestCountPerTarget",
                "resourceLabel": "app/shop/1/targetgroup/blue/2",
            },
            "customizedMetricSpecification": {
                "metrics": [
                    _requests("blue", "targetgroup/blue/2"),
                    _requests("green", "targetgroup/green/3"),
                    {
                        "id": "both",
                        "expression": "blue + green",
                        "label": "requests a task",
                        "returnData": True,
                    },
                ]
            },
        },
    }


EXAMPLES = {
    "aws:appautoscaling/target:Target": Example(
        inputs=_target,
        change={
            "minCapacity": 3,
            "maxCapacity": 12,
            "suspendedState": {"dynamicScalingInSuspended": False},
            "tags": {"Stack": "other"},
        },
    ),
    "aws:appautoscaling/policy:Policy": Example(
        inputs=_policy,
        change={
            "targetTrackingScalingPolicyConfiguration": {
                "targetValue": 60,
                "predefinedMetricSpecification": {
                    "predefinedMetricType": "ECSServiceAverageCPUUtilization"
                },
            }
        },
        untried={"policyType": "the row carries what TargetTrackingScaling needs, and no other"},
    ),
}
