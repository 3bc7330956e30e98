"""The JSON of a container: plain functions, no resources."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from arbor_names.waits import STOP_SECONDS

LOG_MODE = "non-blocking"
"""A full buffer drops lines; in the other mode it stops the application's next write, and with it
the application, for as long as CloudWatch is slow. The account's default is not relied upon: it
was `blocking` until June 25, 2025, and an account setting (`defaultLogDriverMode`) changes it.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html"""
LOG_BUFFER = "25m"
"""Of the task's memory, and larger than the default: AWS's own advice after it measured how many
lines are lost.
https://aws.amazon.com/blogs/containers/preventing-log-loss-with-non-blocking-mode-in-the-awslogs-container-log-driver/"""


@dataclass(frozen=True, kw_only=True)
class Container:
    """One container of a task."""

    name: str
    image: pulumi.Input[str]
    """By immutable tag or digest."""
    user: str
    """Numeric, and never root."""
    log_group: pulumi.Input[str]
    region: str
    port: int | None = None
    """None for a task that serves nothing."""
    command: tuple[str, ...] = ()
    """Empty: the image's own. Commands reckon with its number of workers (arbor_names/pools.py)."""
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    secrets: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Variable and its `valueFrom`, a secret's ARN and JSON key; never a value."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Docker labels: what commands read of the container, and the application does not."""

    def __post_init__(self) -> None:
        if self.user.split(":", maxsplit=1)[0] in {"", "0", "root"}:
            raise ValueError(f"{self.name}: user must be a number other than 0, got {self.user!r}")
        if both := sorted(set(self.environment) & set(self.secrets)):
            raise ValueError(
                f"{self.name}: {', '.join(both)} stands in environment and in secrets; ECS allows "
                "a name in one of them"
            )


def container_definitions(container: Container) -> pulumi.Output[str]:
    """The `containerDefinitions` of a task with this one container.

    The root filesystem is writable: ECS Exec needs that
    (docs/decisions/writable-root-filesystem.md).
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
    """
    serves = (
        {"portMappings": [{"containerPort": container.port, "protocol": "tcp"}]}
        if container.port is not None
        else {}
    )
    command = {"command": list(container.command)} if container.command else {}
    labels = {"dockerLabels": dict(sorted(container.labels.items()))} if container.labels else {}
    return pulumi.Output.json_dumps(
        [
            {
                "name": container.name,
                "image": container.image,
                "essential": True,
                "user": container.user,
                **serves,
                **command,
                **labels,
                # Sorted, so that the order of a dictionary never makes a new revision.
                "environment": [
                    {"name": name, "value": value}
                    for name, value in sorted(container.environment.items())
                ],
                "secrets": [
                    {"name": name, "valueFrom": value}
                    for name, value in sorted(container.secrets.items())
                ],
                # Reaps what an ECS Exec session leaves behind.
                "linuxParameters": {"initProcessEnabled": True},
                "stopTimeout": STOP_SECONDS,
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": container.log_group,
                        "awslogs-region": container.region,
                        "awslogs-stream-prefix": container.name,
                        "mode": LOG_MODE,
                        "max-buffer-size": LOG_BUFFER,
                    },
                },
            }
        ]
    )
