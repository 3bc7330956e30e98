"""One service deployment: its revision, its tasks and its progress."""

import random
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime

from moto.core.utils import utcnow
from moto.ecs.models import Service, Task

from pulumi_moto.ecs.deployment import Deployment
from pulumi_moto.ecs.traffic import Routes, routes_of
from pulumi_moto.shapes import Members, Params

REVISION = (
    "task_definition",
    "load_balancers",
    "network_configuration",
    "capacity_provider_strategy",
    "launch_type",
    "platform_version",
)
"""Attributes of moto's service that form a service revision. A rollback restores all of them."""
_NUMBERS = random.Random()  # noqa: S311 - ids, not secrets


@dataclass(frozen=True, kw_only=True)
class Revision:
    """The configuration of a deployment."""

    number: str = field(default_factory=lambda: str(_NUMBERS.randrange(10**18, 10**19)))
    """Also in the id of describe_services' deployment: `ecs-svc/NUMBER`."""
    held: Params
    created: datetime = field(default_factory=utcnow)

    @classmethod
    def of(cls, service: Service) -> "Revision":
        return cls(held={name: service.__dict__.get(name) for name in REVISION})

    def restore(self, service: Service) -> None:
        service.__dict__.update(self.held)

    def routed(self, load_balancers: list[Members]) -> "Revision":
        """Return the revision with these target groups."""
        return replace(self, held={**self.held, "load_balancers": load_balancers})

    @property
    def task_definition(self) -> str:
        return str(self.held["task_definition"])

    @property
    def load_balancer(self) -> Members:
        balancers: list[Members] = self.held["load_balancers"] or []
        return balancers[0] if balancers else {}

    @property
    def port(self) -> int:
        return int(self.load_balancer.get("containerPort") or 0)


@dataclass(kw_only=True, eq=False)
class Rollout:
    """A service deployment; its tasks stay at the service's desired count while it `runs`."""

    id: str = field(default_factory=lambda: uuid.uuid4().hex[:21])
    revision: Revision
    deployment: Deployment
    configuration: Params
    """The service's deployment configuration at its start."""
    alarms: tuple[str, ...] = ()
    """The watched alarms; none was in ALARM at the start."""
    sources: tuple["Rollout", ...] = ()
    """The active revisions at its start, the one with production traffic first."""
    target_group: str | None = None
    runs: bool = False
    tasks: list[Task] = field(default_factory=list)
    unregistered: list[Task] = field(default_factory=list)
    """Tasks that are not registered as targets yet."""
    impaired: bool = False
    """Whether the latest attempt to start a task failed."""
    weights_before: dict[str, dict[str, int]] = field(default_factory=dict)
    """Weights by rule, before this deployment."""
    created: datetime = field(default_factory=utcnow)
    finished: datetime | None = None
    rollback_started: datetime | None = None

    @property
    def started_by(self) -> str:
        return f"ecs-svc/{self.revision.number}"

    @property
    def routes(self) -> Routes | None:
        """The rules and groups of a blue/green deployment; None for a rolling one."""
        blue_green = self.configuration.get("strategy") == "BLUE_GREEN"
        return routes_of(self.revision.load_balancer) if blue_green else None

    @property
    def source(self) -> "Rollout | None":
        return self.sources[0] if self.sources else None
