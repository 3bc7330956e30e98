"""The snapshot that the checks share, read once, and the result of a check."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from arbor.account import Account, together
from arbor.ecs import backend, images, revisions, services
from arbor.procedure import Refused
from arbor_names import limits, naming

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import LoadBalancerTypeDef


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The services as they are, and the revisions that a release of the version would run."""

    account: Account
    version: str
    services: tuple[services.Service, ...]
    planned: dict[str, revisions.PlannedRevision]
    """By application, and of `migrations`."""

    def balancer(self, app: str) -> "LoadBalancerTypeDef":
        """The service's load balancer: target groups, rules, role, container and port."""
        (service,) = (one for one in self.services if one.app == app)
        (balancer,) = service.balancers
        return balancer


class Skipped(Exception):  # noqa: N818 - an outcome of a command
    """A check could not be made; the message has the reason."""


@dataclass(frozen=True)
class Found:
    """The result of one check."""

    right: str
    """The message of a passed check."""
    wrong: tuple[str, ...] = ()
    """A sentence with the remedy for each failure."""


def sentences(*calls: Callable[[], Iterable[str]]) -> list[str]:
    """The sentences of all calls, made in parallel; a generator is exhausted in its own call."""
    found = together(*(partial(_read, call) for call in calls))
    return list(chain.from_iterable(found))


def _read(call: Callable[[], Iterable[str]]) -> list[str]:
    return list(call())


def read(
    account: Account, version: str | None, others: Mapping[str, str] | None = None
) -> Snapshot:
    """Read a version, by default the live one; `others` has versions of single services.

    Raises Refused if the stack has no service, or a revision can't be planned.
    """
    if version is not None:
        images.require_version(version)
    found = services.required(account)
    given, migrating = dict(others or {}), backend.among(account, found)
    if version is None:
        version = _live(migrating)
        if limits.is_digest(version):
            given = {one.app: _live(one) for one in found} | given
    versions = images.versions((one.app for one in found), version, given)
    families = [(one.app, one.name, one.app, versions[one.app]) for one in found]
    family = naming.service(account.stack, naming.MIGRATIONS)
    families.append(
        (naming.MIGRATIONS, family, naming.MIGRATIONS_CONTAINER, versions[migrating.app])
    )
    planned = together(
        *(
            partial(revisions.planned, account, family, container, of_version)
            for _, family, container, of_version in families
        )
    )
    for service in found:
        if len(service.balancers) != 1:
            raise Refused(
                f"{service.name} has {len(service.balancers)} load balancers; exactly one is "
                f"required. Run `pulumi up` of {account.stack}."
            )
    return Snapshot(
        account=account,
        version=version,
        services=found,
        planned={key: one for (key, *_), one in zip(families, planned, strict=True)},
    )


def _live(service: services.Service) -> str:
    return revisions.version_of(service.account, service.task_definition, service.app)
