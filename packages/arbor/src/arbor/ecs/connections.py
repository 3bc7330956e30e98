"""Whether the database has enough connections for the tasks that a command starts.

A shortage appears only under load, when every worker fills its pool and PostgreSQL reaches
`max_connections`. So each command that starts tasks checks first. The arithmetic:
docs/decisions/database-connections.md.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from arbor.account import Account, unless_denied
from arbor.ecs import revisions, services
from arbor.ecs.services import ONGOING, Service
from arbor_names import limits, naming, pools

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import TaskDefinitionTypeDef

DATABASE_HOST = "POSTGRES_HOST"
"""The variable of a container that opens connections to the database."""


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """The connections that the application may open with the database's present class."""

    instance_class: str
    connections: int


@dataclass(frozen=True, kw_only=True)
class Task:
    """The connections of one task of a task definition."""

    workers: int
    pool: int
    """Of each worker."""

    @property
    def connections(self) -> int:
        return self.workers * self.pool


NONE = Task(workers=0, pool=0)


def of(definition: "TaskDefinitionTypeDef") -> Task:
    """By the task definition's `command` and label; without them, the image's defaults."""
    for container in definition["containerDefinitions"]:
        if any(one["name"] == DATABASE_HOST for one in container.get("environment", [])):
            label = container.get("dockerLabels", {}).get(pools.POOL_LABEL, "")
            return Task(
                workers=pools.workers_of(container.get("command", [])),
                pool=int(label) if label.isdecimal() else pools.POOL_SIZE,
            )
    return NONE


def live(service: Service) -> Task:
    """The connections of one task of the live revision."""
    return of(revisions.read(service.account, service.task_definition).definition)


def running(found: Iterable[Service]) -> int:
    """The services' present connections; of both colours during a deployment."""
    return sum(_of(service) for service in found)


def _of(service: Service) -> int:
    colours = pools.COLOURS if service.deployments(*ONGOING) else 1
    return colours * service.desired * live(service).connections


def applied(account: Account) -> Allowed | None:
    """For the database's present class; None without a database or for an unknown class."""
    rds = account.client("rds")
    try:
        found = rds.describe_db_instances(
            DBInstanceIdentifier=naming.database_instance(account.stack)
        )["DBInstances"]
    except rds.exceptions.DBInstanceNotFoundFault:
        return None
    name = found[0]["DBInstanceClass"]
    if name not in limits.DATABASE_MEMORY_GIB:
        return None
    return Allowed(instance_class=name, connections=limits.usable_connections(name))


def readable(account: Account) -> Allowed | None:
    """As `applied`; also None without permission to read it, so that nothing is refused."""
    return unless_denied(partial(applied, account))


def exceeded(
    account: Account,
    what: str,
    deployed: Iterable[tuple[Service, "TaskDefinitionTypeDef"]],
    *,
    in_parallel: bool = False,
) -> Iterator[str]:
    """A sentence if the second colours of these services exceed the connections.

    `deployed` are the services with their new task definitions, deployed in sequence unless
    `in_parallel`. A deployment that lowers a service's connections leads back below the limit, so
    it is always allowed.
    """
    added = [
        service.desired * opened
        for service, definition in deployed
        if (opened := of(definition).connections) >= live(service).connections and opened
    ]
    if not added:
        return
    allowed = readable(account)
    needed = running(services.every(account)) + (sum(added) if in_parallel else max(added))
    if allowed is not None and needed > allowed.connections:
        yield sentence(account, what, needed, allowed, "scale down first")


def sentence(account: Account, what: str, needed: int, allowed: Allowed, instead: str) -> str:
    """The sentence with the need, the limit and the remedy."""
    larger = limits.class_with_connections(needed, like=allowed.instance_class)
    first = f"run `{account.typed(f'arbor database scale {larger}')}`, or " if larger else ""
    return (
        f"{what} needs {needed} database connections in both colours; {allowed.instance_class} "
        f"allows the application {allowed.connections}: {first}{instead}."
    )
