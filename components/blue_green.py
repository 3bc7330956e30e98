"""Blue/green deployments: two TargetGroups, two ListenerRules, ECS's infrastructure role."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from arbor_names.waits import DEREGISTRATION_SECONDS
from components.role import RoleScope, program_role

INFRASTRUCTURE_POLICY = "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"
"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AmazonECSInfrastructureRolePolicyForLoadBalancers.html"""
PRODUCTION_BEHIND_TEST = 10_000
"""Added to production rules' priorities, so that every test rule is evaluated first."""
LONGEST_NAME = 18
"""Characters: 32 of a target group's name, less six for `-green` and eight for Pulumi's suffix."""


@dataclass(frozen=True, kw_only=True)
class BlueGreenArgs:
    """Conditions of the two listener rules, and the target groups' settings."""

    vpc_id: pulumi.Input[str]
    listener_arn: pulumi.Input[str]
    port: int
    health_check_path: str
    production_host: str
    test_host: str
    path_patterns: tuple[str, ...]
    """Empty matches every path that no earlier rule matches."""
    priority: int
    """1 to 9999, unique among the listener's services; lower is evaluated first."""
    roles: RoleScope
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 1 <= self.priority < PRODUCTION_BEHIND_TEST:
            raise ValueError(
                f"{self.production_host}: priority must be 1-9999, got {self.priority}"
            )


class BlueGreen(pulumi.ComponentResource):
    """The resources that ECS needs to shift traffic between two target groups.

    Both rules forward to both groups: if one is missing, ECS rolls the deployment back. ECS owns
    the weights from the first deployment, so read which target group is live.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-blue-green.html
    """

    blue: aws.lb.TargetGroup
    green: aws.lb.TargetGroup
    production_rule_arn: pulumi.Output[str]
    test_rule_arn: pulumi.Output[str]
    role_arn: pulumi.Output[str]
    ready: list[pulumi.Resource]
    """Dependencies of the service. A destroy deletes it before them: without the role's policy ECS
    can't deregister its targets, and the service stays in DRAINING."""

    def __init__(
        self, name: str, args: BlueGreenArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        if len(name) > LONGEST_NAME:
            raise ValueError(f"{name}: the name must have at most {LONGEST_NAME} characters")
        super().__init__("arbor:compute:BlueGreen", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)

        self.blue = self._target_group("blue")
        self.green = self._target_group("green")
        priority = args.priority
        production = self._rule(
            "production", args.production_host, PRODUCTION_BEHIND_TEST + priority
        )
        test = self._rule("test", args.test_host, priority)
        role = program_role(
            f"{name}-infrastructure",
            service="ecs.amazonaws.com",  # it sends no source ARN
            scope=args.roles,
            tags=args.tags,
            opts=self._child,
        )
        attachment = aws.iam.RolePolicyAttachment(
            f"{name}-infrastructure-policy",
            role=role.name,
            policy_arn=INFRASTRUCTURE_POLICY,
            opts=self._child,
        )

        self.production_rule_arn = production.arn
        self.test_rule_arn = test.arn
        self.role_arn = role.arn
        self.ready = [production, test, attachment]
        self.register_outputs({"production_rule_arn": production.arn, "test_rule_arn": test.arn})

    def _target_group(self, colour: str) -> aws.lb.TargetGroup:
        args = self._args
        return aws.lb.TargetGroup(
            f"{self._name}-{colour}",
            port=args.port,
            protocol="HTTP",
            target_type="ip",
            vpc_id=args.vpc_id,
            deregistration_delay=DEREGISTRATION_SECONDS,
            health_check={
                "enabled": True,
                "path": args.health_check_path,
                "port": "traffic-port",
                "protocol": "HTTP",
                "matcher": "200",
                "interval": 15,
                "timeout": 5,
                "healthy_threshold": 2,
                "unhealthy_threshold": 3,
            },
            tags=args.tags,
            # ECS registers each task with its own port, so this one is unused, and a change of it
            # would replace the group.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["port"]),
        )

    def _rule(self, purpose: str, host: str, priority: int) -> aws.lb.ListenerRule:
        args = self._args
        conditions: list[Any] = [{"host_header": {"values": [host]}}]
        if args.path_patterns:
            conditions.append({"path_pattern": {"values": list(args.path_patterns)}})
        return aws.lb.ListenerRule(
            f"{self._name}-{purpose}",
            listener_arn=args.listener_arn,
            priority=priority,
            conditions=conditions,
            actions=[
                {
                    "type": "forward",
                    "forward": {
                        "target_groups": [
                            {"arn": self.blue.arn, "weight": 100},
                            {"arn": self.green.arn, "weight": 0},
                        ]
                    },
                }
            ],
            tags={**args.tags, "Name": f"{self._name}-{purpose}"},
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["actions"]),
        )
