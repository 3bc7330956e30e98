from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from autoscaling_fixtures import WHERE, service
from pulumi_moto.row import Client


@pytest.fixture
def scaling() -> Client:
    service()
    return boto3.client("application-autoscaling")


def register(scaling: Client, **more: Any) -> str:
    return str(scaling.register_scalable_target(**WHERE, **more)["ScalableTargetARN"])


def target(scaling: Client) -> dict[str, Any]:
    (found,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    return dict(found)


def put_policy(scaling: Client, value: float) -> str:
    answer = scaling.put_scaling_policy(
        **WHERE,
        PolicyName="cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": value,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ECSServiceAverageCPUUtilization"
            },
        },
    )
    return str(answer["PolicyARN"])


def test_a_minimum_above_the_maximum_is_refused_new_or_changed(scaling: Client) -> None:
    refused = pytest.raises(ClientError, match=r"ValidationException.*[Mm]aximum capacity")
    with refused:
        register(scaling, MinCapacity=5, MaxCapacity=4)
    register(scaling, MinCapacity=2, MaxCapacity=4)
    with refused:
        register(scaling, MinCapacity=5)
    with refused:
        register(scaling, MaxCapacity=1)
    assert (target(scaling)["MinCapacity"], target(scaling)["MaxCapacity"]) == (2, 4)


def test_a_new_minimum_keeps_the_maximum(scaling: Client) -> None:
    register(scaling, MinCapacity=2, MaxCapacity=10)
    register(scaling, MinCapacity=6)
    assert (target(scaling)["MinCapacity"], target(scaling)["MaxCapacity"]) == (6, 10)


def test_the_suspended_state_is_returned_and_kept(scaling: Client) -> None:
    register(scaling, MinCapacity=2, MaxCapacity=10)
    assert not any(target(scaling)["SuspendedState"].values())
    register(scaling, SuspendedState={"DynamicScalingInSuspended": True})
    register(scaling, MinCapacity=3)
    assert target(scaling)["SuspendedState"] == {
        "DynamicScalingInSuspended": True,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": False,
    }


def test_it_scales_with_its_service_linked_role(scaling: Client) -> None:
    register(scaling, MinCapacity=2, MaxCapacity=10)
    assert target(scaling)["RoleARN"].endswith("ApplicationAutoScaling_ECSService")


def test_tags_are_kept_added_and_taken_off(scaling: Client) -> None:
    arn = register(scaling, MinCapacity=2, MaxCapacity=10, Tags={"Stack": "test", "Old": "1"})
    scaling.tag_resource(ResourceARN=arn, Tags={"New": "2"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["Old"])
    tags = scaling.list_tags_for_resource(ResourceARN=arn)["Tags"]
    assert tags == {"Stack": "test", "New": "2"}
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        scaling.list_tags_for_resource(ResourceARN=arn[:-1] + "?")


def test_a_policy_needs_its_target(scaling: Client) -> None:
    with pytest.raises(ClientError, match=r"ObjectNotFoundException.*No scalable target"):
        put_policy(scaling, 50)


def test_a_changed_policy_keeps_its_arn_and_replaces_its_alarms(scaling: Client) -> None:
    register(scaling, MinCapacity=2, MaxCapacity=10)
    arn = put_policy(scaling, 50)
    assert put_policy(scaling, 60) == arn
    alarms = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    assert {a["AlarmName"] for a in alarms} == {a["AlarmName"] for a in policy["Alarms"]}
    assert all(arn in action for alarm in alarms for action in alarm["AlarmActions"])


def test_policies_and_their_alarms_go_with_the_target(scaling: Client) -> None:
    register(scaling, MinCapacity=2, MaxCapacity=10)
    put_policy(scaling, 50)
    scaling.deregister_scalable_target(**WHERE)
    assert scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"] == []
    assert boto3.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
