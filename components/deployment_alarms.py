"""Alarms that roll a deployment back: one for failed requests, one for unhealthy targets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from components.target_group_metrics import NAMESPACE, dimensions

MINUTE = 60


@dataclass(frozen=True, kw_only=True)
class DeploymentAlarmsArgs:
    """Both target groups, because either can fail while traffic shifts."""

    load_balancer_suffix: pulumi.Input[str]
    blue_suffix: pulumi.Input[str]
    green_suffix: pulumi.Input[str]
    failed_percent: int = 10
    """Percent of a minute's requests to which tasks respond with 5xx."""
    failed_minutes: int = 5
    """Consecutive minutes. A failover of the database takes 60 to 120 seconds, which affects three
    minutes at most, and a fourth while connections recover:
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html"""
    fewest_requests: int = 20
    """Requests a minute; below this, retries of one client dominate the rate."""
    tags: Mapping[str, str] = field(default_factory=dict)


class DeploymentAlarms(pulumi.ComponentResource):
    """Missing data does not breach, so that a service without traffic can be deployed."""

    names: list[pulumi.Output[str]]

    def __init__(
        self, name: str, args: DeploymentAlarmsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:compute:DeploymentAlarms", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        failing = aws.cloudwatch.MetricAlarm(
            f"{name}-5xx",
            alarm_description="Tasks answer 5xx; a deployment that is running rolls back",
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=args.failed_percent,
            evaluation_periods=args.failed_minutes,
            datapoints_to_alarm=args.failed_minutes,
            treat_missing_data="notBreaching",
            metric_queries=_failed_percent(args),
            tags=args.tags,
            opts=child,
        )
        unhealthy = aws.cloudwatch.MetricAlarm(
            f"{name}-unhealthy",
            alarm_description="Targets fail their health check; a deployment rolls back",
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=1,
            evaluation_periods=3,
            treat_missing_data="notBreaching",
            metric_queries=_unhealthy(args),
            tags=args.tags,
            opts=child,
        )

        self.names = [failing.name, unhealthy.name]
        self.register_outputs({"names": self.names})


def _unhealthy(args: DeploymentAlarmsArgs) -> list[Any]:
    return [
        _returned("both", "blue + green", "Unhealthy targets of both colours"),
        *_of_both(args, "UnHealthyHostCount", "Maximum"),
    ]


def _failed_percent(args: DeploymentAlarmsArgs) -> list[Any]:
    failed, requests = "blue_failed + green_failed", "blue_requests + green_requests"
    return [
        _returned(
            "rate",
            f"IF({requests} >= {args.fewest_requests}, 100 * ({failed}) / ({requests}), 0)",
            "Percent of the requests of both colours that failed",
        ),
        *_of_both(args, "HTTPCode_Target_5XX_Count", "Sum", "_failed"),
        *_of_both(args, "RequestCount", "Sum", "_requests"),
    ]


def _returned(identity: str, expression: str, label: str) -> dict[str, Any]:
    return {"id": identity, "expression": expression, "label": label, "return_data": True}


def _of_both(
    args: DeploymentAlarmsArgs, metric: str, stat: str, suffix: str = ""
) -> list[dict[str, Any]]:
    groups = dimensions(args.load_balancer_suffix, blue=args.blue_suffix, green=args.green_suffix)
    return [
        {
            "id": f"{colour}{suffix}",
            "metric": {
                "namespace": NAMESPACE,
                "metric_name": metric,
                "period": MINUTE,
                "stat": stat,
                "dimensions": group,
            },
        }
        for colour, group in groups.items()
    ]
