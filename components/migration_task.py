"""The task that migrates the database's schema, started by `arbor migrate`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pulumi

from arbor_names import limits
from components.task import Egress, Task, TaskArgs, TaskEnvironment
from components.task_definition import Container

COMMAND = ("alembic", "upgrade", "head")
CPU, MEMORY = limits.MIGRATION_CPU, 512


@dataclass(frozen=True, kw_only=True)
class MigrationTaskArgs:
    """The backend's image and secrets, in a separate task family."""

    family: str
    container: Container
    """This component sets its command; the runbook overrides it by the container's name."""
    task_environment: TaskEnvironment
    log_group_arn: pulumi.Input[str]
    repository_arn: pulumi.Input[str] | None
    secret_arns: Sequence[pulumi.Input[str]]
    database: Egress
    tags: Mapping[str, str] = field(default_factory=dict)


class MigrationTask(pulumi.ComponentResource):
    """A task for `run-task`, in private subnets with this security group."""

    task_definition_arn: pulumi.Output[str]
    security_group_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: MigrationTaskArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:compute:MigrationTask", name, None, opts)
        task = Task(
            f"{name}-task",
            TaskArgs(
                family=args.family,
                cpu=CPU,
                memory=MEMORY,
                container=replace(args.container, command=COMMAND, port=None),
                task_environment=args.task_environment,
                log_group_arn=args.log_group_arn,
                repository_arn=args.repository_arn,
                secret_arns=args.secret_arns,
                egress={"database": args.database},
                tags=args.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

        self.task_definition_arn = task.arn
        self.security_group_id = task.security_group_id
        self.register_outputs({"task_definition_arn": self.task_definition_arn})
