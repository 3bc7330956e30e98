from typing import Any

import boto3

from pulumi_moto.row import Client


def put(cloudwatch: Client, threshold: float, **more: Any) -> None:
    cloudwatch.put_metric_alarm(
        AlarmName="errors",
        Namespace="AWS/ApplicationELB",
        MetricName="HTTPCode_Target_5XX_Count",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Period=60,
        Statistic="Sum",
        Threshold=threshold,
        **more,
    )


def alarm(cloudwatch: Client) -> dict[str, Any]:
    (found,) = cloudwatch.describe_alarms(AlarmNames=["errors"])["MetricAlarms"]
    return dict(found)


def test_a_new_alarm_has_seen_nothing_yet() -> None:
    cloudwatch = boto3.client("cloudwatch")
    put(cloudwatch, 5)
    assert alarm(cloudwatch)["StateValue"] == "INSUFFICIENT_DATA"


def test_an_alarm_state_set_by_hand_survives_a_change() -> None:
    cloudwatch = boto3.client("cloudwatch")
    put(cloudwatch, 5)
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="a drill")
    put(cloudwatch, 6)
    found = alarm(cloudwatch)
    assert (found["StateValue"], found["StateReason"]) == ("ALARM", "a drill")
    assert found["Threshold"] == 6


def test_tags_are_given_once_and_go_with_the_alarm() -> None:
    cloudwatch = boto3.client("cloudwatch")
    put(cloudwatch, 5, Tags=[{"Key": "Stack", "Value": "first"}])
    put(cloudwatch, 6, Tags=[{"Key": "Stack", "Value": "second"}])
    arn = alarm(cloudwatch)["AlarmArn"]
    tags = cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
    assert tags == [{"Key": "Stack", "Value": "first"}]
    cloudwatch.delete_alarms(AlarmNames=["errors"])
    put(cloudwatch, 5)
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == []
