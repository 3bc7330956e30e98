"""What rolls a deployment back: a MetricAlarm for failed requests, one for unhealthy targets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

MINUTE = 60


@dataclass(frozen=True, kw_only=True)
class DeploymentAlarmsArgs:
    """Both colours' target groups: while traffic moves, either may be the failing one."""

    load_balancer_suffix: pulumi.Input[str]
    blue_suffix: pulumi.Input[str]
    green_suffix: pulumi.Input[str]
    failed_requests: int = 10
    """5xx answers of the tasks in a minute, two minutes long."""
    tags: Mapping[str, str] = field(default_factory=dict)


class DeploymentAlarms(pulumi.ComponentResource):
    """Silence is not an alarm: a service without traffic must be deployable."""

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
            threshold=args.failed_requests,
            evaluation_periods=2,
            treat_missing_data="notBreaching",
            metric_queries=_sum_of_both(args, "HTTPCode_Target_5XX_Count", "Sum"),
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
            metric_queries=_sum_of_both(args, "UnHealthyHostCount", "Maximum"),
            tags=args.tags,
            opts=child,
        )

        self.names = [failing.name, unhealthy.name]
        self.register_outputs({"names": self.names})


def _sum_of_both(args: DeploymentAlarmsArgs, metric: str, stat: str) -> list[Any]:
    colours = {"blue": args.blue_suffix, "green": args.green_suffix}
    return [
        {
            "id": "both",
            "expression": "FILL(blue, 0) + FILL(green, 0)",
            "label": f"{metric} of both colours",
            "return_data": True,
        },
        *(
            {
                "id": colour,
                "metric": {
                    "namespace": "AWS/ApplicationELB",
                    "metric_name": metric,
                    "period": MINUTE,
                    "stat": stat,
                    "dimensions": {
                        "LoadBalancer": args.load_balancer_suffix,
                        "TargetGroup": suffix,
                    },
                },
            }
            for colour, suffix in colours.items()
        ),
    ]
