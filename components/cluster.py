"""The ECS cluster: Cluster, ClusterCapacityProviders."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

FARGATE, FARGATE_SPOT = "FARGATE", "FARGATE_SPOT"


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """`spot_weight` tasks on FARGATE_SPOT for each one on FARGATE; with 0 none is on Spot."""

    cluster_name: str
    exec_log_group: pulumi.Input[str]
    """Name of the group that keeps what is typed in ECS Exec sessions."""
    kms_key_arn: pulumi.Input[str]
    """Encrypts those sessions."""
    spot_weight: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.spot_weight < 0:
            raise ValueError(
                f"{self.cluster_name}: spot_weight must be 0 or more, got {self.spot_weight}"
            )


class Cluster(pulumi.ComponentResource):
    """Fargate only, with Container Insights and logged, encrypted ECS Exec."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]
    """Known once the capacity providers are there, so that a service can use them."""

    def __init__(
        self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:compute:Cluster", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        cluster = aws.ecs.Cluster(
            f"{name}-cluster",
            name=args.cluster_name,
            settings=[{"name": "containerInsights", "value": "enabled"}],
            configuration={
                "execute_command_configuration": {
                    "kms_key_id": args.kms_key_arn,
                    "logging": "OVERRIDE",
                    "log_configuration": {
                        "cloud_watch_encryption_enabled": True,
                        "cloud_watch_log_group_name": args.exec_log_group,
                    },
                }
            },
            tags=args.tags,
            opts=child,
        )
        providers = aws.ecs.ClusterCapacityProviders(
            f"{name}-capacity",
            cluster_name=cluster.name,
            capacity_providers=[FARGATE, FARGATE_SPOT],
            default_capacity_provider_strategies=[
                {"capacity_provider": provider, "weight": weight, "base": base}
                for provider, weight, base in strategy(args.spot_weight)
            ],
            opts=child,
        )

        self.arn = cluster.arn
        self.name = providers.cluster_name
        self.register_outputs({"arn": self.arn, "name": self.name})


def strategy(spot_weight: int) -> list[tuple[str, int, int]]:
    """Capacity provider, weight and base.

    With Spot there is no base: it would take the only task of a small service, and Spot would never
    run. So a stack with Spot may lose every task for a while, and production has none.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
    """
    if not spot_weight:
        return [(FARGATE, 1, 1)]
    return [(FARGATE, 1, 0), (FARGATE_SPOT, spot_weight, 0)]
