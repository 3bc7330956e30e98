"""Whether the account may run the Fargate vCPUs that a command is about to start.

ECS does not refuse a deployment that exceeds the quota: it starts what it may, says so in an event,
and the deployment stays under way. So each command that starts tasks checks first.
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
    """On-Demand vCPUs that the account may run in the region; None where it does not say."""
    service, code = limits.FARGATE_VCPUS
    client = account.client("service-quotas")
    try:
        found = client.get_service_quota(ServiceCode=service, QuotaCode=code)
    except client.exceptions.NoSuchResourceException:
        return None
    return float(found["Quota"]["Value"])


def readable(account: Account) -> float | None:
    """The same, and None for a caller that may not read it: then nothing is refused."""
    return unless_denied(partial(applied, account))


def vcpus(definition: "TaskDefinitionTypeDef", tasks: int) -> float:
    """Of so many tasks of this task definition, whose `cpu` is in CPU units."""
    return tasks * int(definition["cpu"]) / limits.UNITS_PER_VCPU


def running(found: Iterable[Service]) -> float:
    """VCPUs of these services as they are: during a deployment, of both colours."""
    return sum(_of(service) for service in found)


def _of(service: Service) -> float:
    live = revisions.read(service.account, service.task_definition).definition
    colours = pools.COLOURS if service.deployments(*ONGOING) else 1
    return vcpus(live, colours * service.desired)


def exceeded(account: Account, what: str, needed: float, instead: str) -> Iterator[str]:
    """A sentence when `what` needs more vCPUs than the quota, and what to do `instead`.

    What else the account runs is not counted.
    """
    allowed = readable(account)
    if allowed is not None and needed > allowed:
        yield sentence(what, needed, allowed, instead)


def sentence(what: str, needed: float, allowed: float, instead: str) -> str:
    """The sentence with the need, the limit and the remedy."""
    return (
        f"{what} needs {needed:g} Fargate vCPUs, and the account's quota is {allowed:g}: "
        f"`{limits.raise_fargate_quota(math.ceil(needed))}`, or {instead}."
    )
