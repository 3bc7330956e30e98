"""A Fargate task: SecurityGroup and rules, TaskRoles, TaskDefinition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.role import RoleScope
from components.security_rules import allow
from components.task_definition import Container, container_definitions
from components.task_roles import TaskRoles, TaskRolesArgs

HTTPS = 443
WORLD = "0.0.0.0/0"


@dataclass(frozen=True, kw_only=True)
class Egress:
    """A destination of the task's connections."""

    security_group_id: pulumi.Input[str]
    port: int


@dataclass(frozen=True, kw_only=True)
class TaskEnvironment:
    """Settings that all tasks of a stack share."""

    account_id: str
    region: str
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    """Private subnets; tasks have no public address."""
    cluster_name: pulumi.Input[str]
    cluster_arn: pulumi.Input[str]
    secret_key_arn: pulumi.Input[str]
    exec_log_group_arn: pulumi.Input[str]
    exec_key_arn: pulumi.Input[str]
    roles: RoleScope
    egress_dependencies: Sequence[pulumi.Resource] = ()
    """Routes, NAT gateways and endpoints on the way to AWS's APIs. A component includes its
    children."""


@dataclass(frozen=True, kw_only=True)
class TaskArgs:
    """One container, its size and its egress."""

    family: str
    cpu: int
    """CPU units; 1024 are one vCPU."""
    memory: int
    """MiB; Fargate takes certain pairs only."""
    container: Container
    task_environment: TaskEnvironment
    log_group_arn: pulumi.Input[str]
    repository_arn: pulumi.Input[str] | None = None
    secret_arns: Sequence[pulumi.Input[str]] = ()
    egress: Mapping[str, Egress] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


class Task(pulumi.ComponentResource):
    """A task definition with its security group and roles."""

    arn: pulumi.Output[str]
    """Of the revision registered by this program; a release registers newer ones."""
    security_group_id: pulumi.Output[str]
    roles: TaskRoles
    ready: list[pulumi.Resource]
    """Dependencies of the service or command that starts the task. A task fails without a route to
    its image, secrets or stores, and loses its last log lines if the route is deleted first."""

    def __init__(
        self, name: str, args: TaskArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:compute:Task", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        task_environment = args.task_environment

        group = aws.ec2.SecurityGroup(
            f"{name}-group",
            description="Tasks",  # never changed: a change replaces the group
            vpc_id=task_environment.vpc_id,
            tags=args.tags,
            opts=child,
        )
        # Image layers, secrets, logs and ECS Exec use AWS APIs with changing addresses.
        https = aws.vpc.SecurityGroupEgressRule(
            f"{name}-https",
            security_group_id=group.id,
            cidr_ipv4=WORLD,
            ip_protocol="tcp",
            from_port=HTTPS,
            to_port=HTTPS,
            tags=args.tags,
            opts=child,
        )
        stores = [
            rule
            for store, egress in args.egress.items()
            for rule in allow(
                f"{name}-{store}",
                port=egress.port,
                source=group.id,
                target=egress.security_group_id,
                parent=self,
                tags=args.tags,
            )
        ]
        self.roles = TaskRoles(
            f"{name}-roles",
            TaskRolesArgs(
                account_id=task_environment.account_id,
                region=task_environment.region,
                log_group_arn=args.log_group_arn,
                repository_arn=args.repository_arn,
                secret_arns=args.secret_arns,
                secret_key_arn=task_environment.secret_key_arn,
                exec_log_group_arn=task_environment.exec_log_group_arn,
                exec_key_arn=task_environment.exec_key_arn,
                roles=task_environment.roles,
                tags=args.tags,
            ),
            opts=child,
        )
        definition = aws.ecs.TaskDefinition(
            f"{name}-definition",
            family=args.family,
            cpu=str(args.cpu),
            memory=str(args.memory),
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            runtime_platform={"operating_system_family": "LINUX", "cpu_architecture": "X86_64"},
            execution_role_arn=self.roles.execution_role_arn,
            task_role_arn=self.roles.task_role_arn,
            container_definitions=container_definitions(args.container),
            skip_destroy=True,  # a rollback needs the earlier revision
            tags=args.tags,
            opts=child,
        )

        self.arn = definition.arn
        self.security_group_id = group.id
        self.ready = [https, *stores, *self.roles.policies, *task_environment.egress_dependencies]
        self.register_outputs({"arn": self.arn, "security_group_id": self.security_group_id})
