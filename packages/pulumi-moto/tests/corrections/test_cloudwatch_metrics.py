from datetime import UTC, datetime, timedelta
from typing import Any

import boto3


def ask(namespace: str, name: str, **dimensions: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    metric = {
        "Namespace": namespace,
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
    }
    query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Sum"}}
    (found,) = boto3.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=now - timedelta(minutes=15), EndTime=now
    )["MetricDataResults"]
    return dict(found)


def test_a_metric_of_another_namespace_is_another() -> None:
    boto3.client("cloudwatch").put_metric_data(
        Namespace="AWS/ApplicationELB",
        MetricData=[
            {
                "MetricName": "RequestCount",
                "Value": 7,
                "Timestamp": datetime.now(UTC) - timedelta(minutes=5),
                "Dimensions": [{"Name": "LoadBalancer", "Value": "app/lb/1"}],
            }
        ],
    )
    found = ask("AWS/ApplicationELB", "RequestCount", LoadBalancer="app/lb/1")
    assert (found["Values"], found["Label"]) == ([7.0], "RequestCount Sum")
    assert ask("AWS/ELB", "RequestCount", LoadBalancer="app/lb/1")["Values"] == []
    # The ARN is not a dimension.
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/lb/1"
    assert ask("AWS/ApplicationELB", "RequestCount", LoadBalancer=arn)["Values"] == []
