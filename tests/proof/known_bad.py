"""Three insecure programs from incident reports, with the controls of AWS's own standard.

Each is a program of its own; the pack must report its violations.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

import pulumi_aws as aws

from proof.mutations.s3 import TAGS


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A program, and rules that must be among those that refuse it."""

    program: Callable[[], None]
    caught_by: frozenset[str]


def open_security_group() -> None:
    """FSBP EC2.13, EC2.19, EC2.18: SSH and everything else from everywhere."""
    group = aws.ec2.SecurityGroup("admin", vpc_id="vpc-00000000000000000", tags=TAGS)
    aws.vpc.SecurityGroupIngressRule(
        "ssh",
        security_group_id=group.id,
        cidr_ipv4="0.0.0.0/0",
        ip_protocol="tcp",
        from_port=22,
        to_port=22,
        tags=TAGS,
    )
    aws.vpc.SecurityGroupEgressRule(
        "all", security_group_id=group.id, cidr_ipv4="0.0.0.0/0", ip_protocol="-1", tags=TAGS
    )


def public_database() -> None:
    """FSBP RDS.2, RDS.3, RDS.5, RDS.8, RDS.11: public, in the clear, in one zone, unprotected."""
    aws.rds.Instance(
        "database",
        identifier="shop",
        engine="postgres",
        engine_version="16",
        instance_class="db.t3.micro",
        allocated_storage=20,
        username="shop",
        password="not-a-password",
        publicly_accessible=True,
        storage_encrypted=False,
        skip_final_snapshot=True,
        tags=TAGS,
    )


def secrets_in_the_environment() -> None:
    """FSBP ECS.8, ECS.4, ECS.20, ECS.9: a password in the clear, root, and the latest image."""
    aws.ecs.TaskDefinition(
        "shop",
        family="shop",
        cpu="256",
        memory="512",
        network_mode="awsvpc",
        requires_compatibilities=["FARGATE"],
        container_definitions=json.dumps(
            [
                {
                    "name": "shop",
                    "image": "shop:latest",
                    "essential": True,
                    "privileged": True,
                    "environment": [
                        {"name": "DATABASE_URL", "value": "postgres://shop:word@db:5432/shop"},
                        {"name": "STRIPE_SECRET_KEY", "value": "not-a-key"},
                    ],
                }
            ]
        ),
        tags=TAGS,
    )


SHAPES = {
    "an open security group": Shape(
        program=open_security_group,
        caught_by=frozenset(
            {
                "network-world-ports",
                "network-world-load-balancer",
                "network-egress-https",
                "network-egress-tasks",
            }
        ),
    ),
    "a public unencrypted database": Shape(
        program=public_database,
        caught_by=frozenset(
            {
                "rds-not-public",
                "rds-encrypted",
                "rds-multi-az",
                "rds-deletion-protection",
                "rds-backup-retention",
                "rds-final-snapshot",
                "contract-data-protected",
            }
        ),
    ),
    "a service with secrets in its environment": Shape(
        program=secrets_in_the_environment,
        caught_by=frozenset(
            {
                "task-no-plain-secret",
                "task-not-privileged",
                "task-not-root",
                "task-logs",
                "task-pinned-image",
            }
        ),
    ),
}
