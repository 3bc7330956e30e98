"""Container definitions as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from arbor_names.waits import STOP_SECONDS

LOG_MODE = "non-blocking"
"""A full buffer drops lines; in `blocking` mode it blocks the application's writes while CloudWatch
is slow. The default depends on the account (`defaultLogDriverMode`), and was `blocking` until
June 25, 2025.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html"""
LOG_BUFFER = "25m"
"""Part of the task's memory; AWS recommends it after measuring lost lines.
https://aws.amazon.com/blogs/containers/preventing-log-loss-with-non-blocking-mode-in-the-awslogs-container-log-driver/"""


@dataclass(frozen=True, kw_only=True)
class Container:
    """One container of a task."""

    name: str
    image: pulumi.Input[str]
    """With an immutable tag or a digest."""
    user: str
    """A number other than 0 (root)."""
    log_group: pulumi.Input[str]
    region: str
    port: int | None = None
    """None for a task without a server."""
    command: tuple[str, ...] = ()
    """Empty: the image's own. `arbor` reads its number of workers (arbor_names/pools.py)."""
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    secrets: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Variable and its `valueFrom`: a secret's ARN and JSON key."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Docker labels, which `arbor` reads from the task definition."""

    def __post_init__(self) -> None:
        if self.user.split(":", maxsplit=1)[0] in {"", "0", "root"}:
            raise ValueError(f"{self.name}: user must be a number other than 0, got {self.user!r}")
        if both := sorted(set(self.environment) & set(self.secrets)):
            raise ValueError(
                f"{self.name}: {', '.join(both)} is in both environment and secrets; ECS allows "
                "a name in one of them"
            )


def container_definitions(container: Container) -> pulumi.Output[str]:
    """`containerDefinitions` of a task with one container.

    The root filesystem is writable, as ECS Exec requires
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
                # Sorted, so that the order of a dictionary creates no new revision.
                "environment": [
                    {"name": name, "value": value}
                    for name, value in sorted(container.environment.items())
                ],
                "secrets": [
                    {"name": name, "valueFrom": value}
                    for name, value in sorted(container.secrets.items())
                ],
                # An init process reaps processes of ECS Exec sessions.
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
