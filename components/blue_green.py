"""Two colours behind one listener: TargetGroups, ListenerRules, ECS's infrastructure role."""

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
"""Test rules are asked before every production rule."""
LONGEST_NAME = 18
"""AWS allows 32 characters in a target group's name: `-green` takes six, Pulumi's suffix eight."""


@dataclass(frozen=True, kw_only=True)
class BlueGreenArgs:
    """What the two rules match, and what they forward to."""

    vpc_id: pulumi.Input[str]
    listener_arn: pulumi.Input[str]
    port: int
    health_check_path: str
    production_host: str
    test_host: str
    path_patterns: tuple[str, ...]
    """Empty: every path that no rule of a lower priority takes."""
    priority: int
    """1 to 9999, unique among the listener's services; lower is asked first."""
    roles: RoleScope
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 1 <= self.priority < PRODUCTION_BEHIND_TEST:
            raise ValueError(
                f"{self.production_host}: priority must be 1-9999, got {self.priority}"
            )


class BlueGreen(pulumi.ComponentResource):
    """What ECS needs to move traffic from one colour to the other.

    Both rules forward to both groups: with one missing ECS rolls the deployment back. From the
    first deployment on the weights are ECS's, so never assume which colour is live.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-blue-green.html
    """

    blue: aws.lb.TargetGroup
    green: aws.lb.TargetGroup
    production_rule_arn: pulumi.Output[str]
    test_rule_arn: pulumi.Output[str]
    role_arn: pulumi.Output[str]
    ready: list[pulumi.Resource]
    """The service comes after these, and goes before them: without the role's policy ECS could
    not take its targets out, and the service would hang in DRAINING."""

    def __init__(
        self, name: str, args: BlueGreenArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        if len(name) > LONGEST_NAME:
            raise ValueError(f"{name}: target groups are named by at most {LONGEST_NAME} letters")
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
            # ECS registers each task with its own port, so this one is never used; but another
            # one would replace the group.
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
