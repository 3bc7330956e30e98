"""Whether the account's quota allows the Fargate vCPUs that a command starts.

ECS accepts a deployment that exceeds the quota: it starts as many tasks as allowed, writes an
event, and the deployment stays in progress. So each command that starts tasks checks first.
"""

import math
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from arbor.account import Account, unless_denied
from arbor.ecs import revisions
from arbor.ecs.services import ONGOING, Service
from arbor_names import limits, pools

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import TaskDefinitionTypeDef


def applied(account: Account) -> float | None:
    """The account's quota of On-Demand vCPUs in the region; None if Service Quotas has none."""
    service, code = limits.FARGATE_VCPUS
    client = account.client("service-quotas")
    try:
        found = client.get_service_quota(ServiceCode=service, QuotaCode=code)
    except client.exceptions.NoSuchResourceException:
        return None
    return float(found["Quota"]["Value"])


def readable(account: Account) -> float | None:
    """As `applied`; also None without permission to read it, so that nothing is refused."""
    return unless_denied(partial(applied, account))


def vcpus(definition: "TaskDefinitionTypeDef", tasks: int) -> float:
    """The vCPUs of `tasks` tasks of a task definition, whose `cpu` is in CPU units."""
    return tasks * int(definition["cpu"]) / limits.UNITS_PER_VCPU


def running(found: Iterable[Service]) -> float:
    """The services' present vCPUs; of both colours during a deployment."""
    return sum(_of(service) for service in found)


def _of(service: Service) -> float:
    live = revisions.read(service.account, service.task_definition).definition
    colours = pools.COLOURS if service.deployments(*ONGOING) else 1
    return vcpus(live, colours * service.desired)


def exceeded(account: Account, what: str, needed: float, instead: str) -> Iterator[str]:
    """A sentence if `what` needs more vCPUs than the quota; `instead` is the second remedy.

    Other tasks of the account are not counted.
    """
    allowed = readable(account)
    if allowed is not None and needed > allowed:
        yield sentence(what, needed, allowed, instead)


def sentence(what: str, needed: float, allowed: float, instead: str) -> str:
    """The sentence with the need, the limit and the remedy."""
    return (
        f"{what} needs {needed:g} Fargate vCPUs; the account's quota is {allowed:g}: "
        f"run `{limits.raise_fargate_quota(math.ceil(needed))}`, or {instead}."
    )
