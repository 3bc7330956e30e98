"""Changes that violate the rules on clusters, services and images."""

from typing import Any

import pulumi
import pulumi_aws as aws

from proof.mutation import Mutation
from proof.mutations.s3 import TAGS

SERVICE = "aws:ecs/service:Service"
CLUSTER = "aws:ecs/cluster:Cluster"
REPOSITORY = "aws:ecr/repository:Repository"
LISTENER_RULE = "aws:lb/listenerRule:ListenerRule"


def _service(rule: str, what: str, **more: Any) -> Mutation:
    return Mutation(rule=rule, what=what, token=SERVICE, resource="backend-service", **more)


def _rolling(inputs: dict[str, Any]) -> None:
    inputs["deployment_configuration"].strategy = "ROLLING"


def _untested(name: str, inputs: dict[str, Any]) -> None:
    """An additional service: the engine ignores `loadBalancers` of an existing one."""
    (balancer,) = inputs["load_balancers"]
    advanced = balancer.advanced_configuration
    inputs |= {
        "name": name,
        "load_balancers": [
            {
                "target_group_arn": balancer.target_group_arn,
                "container_name": balancer.container_name,
                "container_port": balancer.container_port,
                "advanced_configuration": {
                    "alternate_target_group_arn": advanced.alternate_target_group_arn,
                    "production_listener_rule": advanced.production_listener_rule,
                    "role_arn": advanced.role_arn,
                },
            }
        ],
    }
    ignored = ["taskDefinition", "desiredCount", "loadBalancers"]
    aws.ecs.Service(
        name,
        **{key: value for key, value in inputs.items() if value is not None},
        opts=pulumi.ResourceOptions(ignore_changes=ignored),
    )


def _going_on(inputs: dict[str, Any]) -> None:
    inputs["alarms"].rollback = False


def _one_colour(name: str, listener: pulumi.Input[str]) -> None:
    group = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/proof/1"
    aws.lb.ListenerRule(
        name,
        listener_arn=listener,
        priority=999,
        conditions=[{"host_header": {"values": ["arbor-energy.com"]}}],
        actions=[{"type": "forward", "forward": {"target_groups": [{"arn": group, "weight": 1}]}}],
        tags=TAGS,
        opts=pulumi.ResourceOptions(ignore_changes=["actions"]),
    )


MUTATIONS = (
    _service("ecs-blue-green", "the backend is deployed in place", edit=_rolling),
    Mutation(
        rule="ecs-both-colours",
        what="a service has no test rule",
        borrows=(SERVICE, "backend-service", ""),
        adds=_untested,
    ),
    _service("ecs-rollback-alarms", "alarms don't roll back a deployment", edit=_going_on),
    _service("ecs-no-sigint-rollback", "Ctrl-C undoes a release", inputs={"sigint_rollback": True}),
    _service(
        "ecs-releases-own-revisions",
        "`up` sets the backend's revision",
        options={"ignore_changes": ["desiredCount"]},
    ),
    Mutation(
        rule="ecs-owns-weights",
        what="`up` sets the weights of a rule",
        token=LISTENER_RULE,
        resource="backend-test",
        options={"ignore_changes": []},
    ),
    Mutation(
        rule="ecs-rule-both-groups",
        what="a rule forwards to one target group",
        borrows=(LISTENER_RULE, "backend-test", "listener_arn"),
        adds=_one_colour,
    ),
    Mutation(
        rule="ecs-infrastructure-role",
        what="ECS lacks permission on the backend's rules",
        token="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        resource="backend-infrastructure-policy",
        inputs={"policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
    ),
    Mutation(
        rule="ecs-container-insights",
        what="Container Insights is off",
        token=CLUSTER,
        resource="cluster-cluster",
        inputs={"settings": [{"name": "containerInsights", "value": "disabled"}]},
    ),
    Mutation(
        rule="ecs-exec-logged",
        what="ECS Exec sessions aren't logged",
        token=CLUSTER,
        resource="cluster-cluster",
        inputs={"configuration": None},
    ),
    Mutation(
        rule="ecr-immutable-tags",
        what="image tags are mutable",
        token=REPOSITORY,
        resource="registry-backend",
        inputs={"image_tag_mutability": "MUTABLE"},
    ),
    Mutation(
        rule="ecr-scan",
        what="images aren't scanned",
        token=REPOSITORY,
        resource="registry-backend",
        inputs={"image_scanning_configuration": {"scan_on_push": False}},
    ),
    Mutation(
        rule="ecs-target-health",
        what="the backend has no health check",
        token="aws:lb/targetGroup:TargetGroup",
        resource="backend-blue",
        inputs={"health_check": {"enabled": True, "port": "traffic-port"}},
    ),
)
