"""The execution role and the task role of a task."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from components.role import RoleScope, policy_document, program_role

Statement = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class TaskRolesArgs:
    """The resources of one task; tasks share no role."""

    account_id: str
    region: str
    log_group_arn: pulumi.Input[str]
    repository_arn: pulumi.Input[str] | None = None
    """None for an image outside ECR."""
    secret_arns: Sequence[pulumi.Input[str]] = ()
    secret_key_arn: pulumi.Input[str] | None = None
    """The KMS key of the secrets."""
    exec_log_group_arn: pulumi.Input[str]
    exec_key_arn: pulumi.Input[str]
    roles: RoleScope
    tags: Mapping[str, str] = field(default_factory=dict)


class TaskRoles(pulumi.ComponentResource):
    """Execution and task role, each with one inline policy.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-iam-roles.html
    """

    execution_role_arn: pulumi.Output[str]
    task_role_arn: pulumi.Output[str]
    policies: tuple[aws.iam.RolePolicy, ...]
    """Dependencies of the task, which fails without them."""

    def __init__(
        self, name: str, args: TaskRolesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:compute:TaskRoles", name, None, opts)

        execution, starts = self._role(f"{name}-execution", args, execution_statements(args))
        task, runs = self._role(f"{name}-task", args, task_statements(args))

        self.execution_role_arn = execution.arn
        self.task_role_arn = task.arn
        self.policies = (starts, runs)
        self.register_outputs({"execution_role_arn": execution.arn, "task_role_arn": task.arn})

    def _role(
        self, name: str, args: TaskRolesArgs, statements: list[Statement]
    ) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        child = pulumi.ResourceOptions(parent=self)
        role = program_role(
            f"{name}-role",
            service="ecs-tasks.amazonaws.com",
            source_arn=f"arn:aws:ecs:{args.region}:{args.account_id}:*",
            scope=args.roles,
            tags=args.tags,
            opts=child,
        )
        policy = aws.iam.RolePolicy(
            f"{name}-policy",
            role=role.name,
            policy=policy_document(statements),
            opts=child,
        )
        return role, policy


def execution_statements(args: TaskRolesArgs) -> list[Statement]:
    """Pull one image, read the task's secrets, write to its log group."""
    statements: list[Statement] = [
        _allow(["logs:CreateLogStream", "logs:PutLogEvents"], [_streams(args.log_group_arn)])
    ]
    if args.repository_arn is not None:
        pull = [
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
        ]
        statements.append(_allow(pull, [args.repository_arn]))
        # The one ECR action without resource types.
        statements.append(_allow(["ecr:GetAuthorizationToken"], ["*"]))
    if args.secret_arns:
        statements.append(_allow(["secretsmanager:GetSecretValue"], list(args.secret_arns)))
    if args.secret_arns and args.secret_key_arn is not None:
        statements.append(_allow(["kms:Decrypt"], [args.secret_key_arn]))
    return statements


def task_statements(args: TaskRolesArgs) -> list[Statement]:
    """Permissions for ECS Exec; the application calls no AWS service.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
    """
    channels = [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ]
    write = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    return [
        # Actions without resource types.
        _allow([*channels, "logs:DescribeLogGroups"], ["*"]),
        _allow(write, [args.exec_log_group_arn, _streams(args.exec_log_group_arn)]),
        _allow(["kms:Decrypt", "kms:GenerateDataKey"], [args.exec_key_arn]),
    ]


def _allow(actions: list[str], resources: list[pulumi.Input[str]]) -> Statement:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


def _streams(log_group_arn: pulumi.Input[str]) -> pulumi.Output[str]:
    return pulumi.Output.concat(log_group_arn, ":*")
