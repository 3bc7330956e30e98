"""Changes that violate the rules on the network."""

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws

from proof.mutation import Mutation
from proof.mutations.s3 import TAGS

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
INLINE = "the emulated account refuses an inline rule, and the preview ends there"
SUBNETS = "aws:rds/subnetGroup:SubnetGroup"


def _public(inputs: dict[str, Any]) -> None:
    inputs["network_configuration"].assign_public_ip = True


def _calling_out(block: str) -> Callable[[str, Any], object]:
    """Adds a rule to the first of the borrowed groups, a list of outputs."""

    def add(name: str, groups: Any) -> object:
        return aws.vpc.SecurityGroupEgressRule(
            name,
            security_group_id=groups[0],
            cidr_ipv4=block,
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            tags=TAGS,
        )

    return add


MUTATIONS = (
    Mutation(
        rule="network-world-ports",
        what="port 22 is open to the internet",
        token=INGRESS,
        resource="balancer-world-80",
        inputs={"from_port": 22, "to_port": 22},
    ),
    Mutation(
        rule="network-world-ports",
        what="port 443 is open for every protocol, so all ports are",
        token=INGRESS,
        resource="balancer-world-443",
        inputs={"ip_protocol": "-1"},
    ),
    Mutation(
        rule="network-world-load-balancer",
        what="the interface endpoints are open to the internet",
        token=INGRESS,
        resource="network-endpoints-in",
        inputs={"cidr_ipv4": "0.0.0.0/0"},
    ),
    Mutation(
        rule="network-standalone-rules",
        alone=INLINE,
        what="the database's group gets an inline rule",
        token=GROUP,
        resource="database-group",
        inputs={
            "ingress": [
                {"protocol": "tcp", "from_port": 1, "to_port": 9, "cidr_blocks": ["10.0.0.0/16"]}
            ]
        },
    ),
    Mutation(
        rule="network-rule-kind",
        what="a legacy SecurityGroupRule",
        adds=lambda name, _: pulumi.ComponentResource(
            "aws:ec2/securityGroupRule:SecurityGroupRule", name
        ),
    ),
    Mutation(
        rule="network-egress-https",
        what="the backend has egress on every port",
        token="aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        resource="backend-task-https",
        inputs={"from_port": 0, "to_port": 65535},
    ),
    Mutation(
        rule="network-egress-tasks",
        what="the load balancer has egress to the internet",
        borrows=("aws:lb/loadBalancer:LoadBalancer", "balancer", "security_groups"),
        adds=_calling_out("0.0.0.0/0"),
    ),
    Mutation(
        rule="network-private-tasks",
        what="the backend's tasks get public addresses",
        token="aws:ecs/service:Service",
        resource="backend-service",
        edit=_public,
    ),
    Mutation(
        rule="network-isolated-data",
        what="the database moves to the tasks' subnets",
        token=SUBNETS,
        resource="database-subnets",
        borrows=("aws:ec2/vpcEndpoint:VpcEndpoint", "network-logs", "subnet_ids"),
        takes="subnet_ids",
    ),
    Mutation(
        rule="network-silent-data",
        what="the database has an egress rule",
        borrows=("aws:rds/instance:Instance", "database-instance", "vpc_security_group_ids"),
        adds=_calling_out("10.0.0.0/16"),
    ),
    Mutation(
        rule="network-silent-data",
        what="the database is in a group outside the stack",
        token="aws:rds/instance:Instance",
        resource="database-instance",
        inputs={"vpc_security_group_ids": ["sg-00000000000000000"]},
    ),
    Mutation(
        rule="network-flow-logs",
        what="the flow log is of another VPC",
        token="aws:ec2/flowLog:FlowLog",
        resource="network-flow-log",
        inputs={"vpc_id": "vpc-00000000000000000"},
    ),
    Mutation(
        rule="network-flow-logs-all",
        what="only rejected traffic is logged",
        token="aws:ec2/flowLog:FlowLog",
        resource="network-flow-log",
        inputs={"traffic_type": "REJECT"},
    ),
    Mutation(
        rule="network-default-group",
        what="the default group of another VPC is emptied",
        token="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        resource="network-default",
        inputs={"vpc_id": "vpc-00000000000000000"},
    ),
    Mutation(
        rule="network-default-group-empty",
        alone=INLINE,
        what="the default group allows traffic between members",
        token="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        resource="network-default",
        inputs={"ingress": [{"protocol": "-1", "from_port": 0, "to_port": 0, "self": True}]},
    ),
)
