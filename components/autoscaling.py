"""Autoscaling of a service: a scalable Target and three target tracking Policies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from components.target_group_metrics import NAMESPACE, dimensions

SERVICE_NAMESPACE, DIMENSION = "ecs", "ecs:service:DesiredCount"
SCALE_IN_SECONDS, SCALE_OUT_SECONDS = 300, 60


@dataclass(frozen=True, kw_only=True)
class AutoscalingArgs:
    """The minimum and maximum task count, and the targets of the policies."""

    cluster_name: pulumi.Input[str]
    service_name: pulumi.Input[str]
    min_count: int
    max_count: int
    cpu_percent: int
    memory_percent: int
    requests_per_target: int
    """Requests a minute and task."""
    load_balancer_suffix: pulumi.Input[str]
    blue_suffix: pulumi.Input[str]
    green_suffix: pulumi.Input[str]
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.min_count <= self.max_count:
            raise ValueError(
                f"autoscaling: min_count must be 0 to max_count, got {self.min_count} and "
                f"{self.max_count}"
            )


class Autoscaling(pulumi.ComponentResource):
    """Tracks CPU, memory and requests; the policy with the highest task count applies.

    ECS suspends scale-in during a deployment.
    """

    def __init__(
        self, name: str, args: AutoscalingArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:compute:Autoscaling", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        target = aws.appautoscaling.Target(
            f"{name}-target",
            service_namespace=SERVICE_NAMESPACE,
            scalable_dimension=DIMENSION,
            resource_id=pulumi.Output.concat("service/", args.cluster_name, "/", args.service_name),
            min_capacity=args.min_count,
            max_capacity=args.max_count,
            tags=args.tags,
            opts=child,
        )
        tracked = {
            "cpu": ("ECSServiceAverageCPUUtilization", args.cpu_percent),
            "memory": ("ECSServiceAverageMemoryUtilization", args.memory_percent),
        }
        for target_name, (metric, percent) in tracked.items():
            self._policy(
                f"{name}-{target_name}",
                target,
                {
                    "target_value": percent,
                    "predefined_metric_specification": {"predefined_metric_type": metric},
                },
            )
        self._policy(
            f"{name}-requests",
            target,
            {
                "target_value": args.requests_per_target,
                "customized_metric_specification": {"metrics": _requests_of_both(args)},
            },
        )
        self.register_outputs({})

    def _policy(
        self,
        name: str,
        target: aws.appautoscaling.Target,
        tracking: aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgsDict,
    ) -> None:
        aws.appautoscaling.Policy(
            name,
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            target_tracking_scaling_policy_configuration={
                **tracking,
                "scale_in_cooldown": SCALE_IN_SECONDS,
                "scale_out_cooldown": SCALE_OUT_SECONDS,
            },
            opts=pulumi.ResourceOptions(parent=self),
        )


def _requests_of_both(args: AutoscalingArgs) -> list[Any]:
    """Requests per target of both target groups; the predefined metric follows only one.

    Without requests the sum has no value, and no task is removed.
    """
    groups = dimensions(args.load_balancer_suffix, blue=args.blue_suffix, green=args.green_suffix)
    return [
        *(
            {
                "id": colour,
                "return_data": False,
                "metric_stat": {
                    "stat": "Sum",
                    "metric": {
                        "namespace": NAMESPACE,
                        "metric_name": "RequestCountPerTarget",
                        "dimensions": [
                            {"name": name, "value": value} for name, value in group.items()
                        ],
                    },
                },
            }
            for colour, group in groups.items()
        ),
        {
            "id": "both",
            "expression": "blue + green",
            "label": "Requests a target, both colours",
            "return_data": True,
        },
    ]
