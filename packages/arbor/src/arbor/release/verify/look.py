"""What the checks look at, read once, and how they say what they found."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from arbor.account import APPS, Account, together
from arbor.ecs import images, revisions, services
from arbor.procedure import Refused
from arbor_names import limits, naming

OK, NG, SKIP = "OK", "NG", "SKIP"
CONTAINERS = {
    **{app: app for app in APPS},
    naming.MIGRATIONS: naming.MIGRATIONS_CONTAINER,
}
"""By the end of the family's name."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """The services as they are, and the revisions that a release of the version would run."""

    account: Account
    version: str
    services: tuple[services.Service, ...]
    described: dict[str, dict[str, Any]]
    """As ECS describes them, by application."""
    wanted: dict[str, revisions.Wanted]
    """By application, and for the migrations."""

    def balancer(self, app: str) -> dict[str, Any]:
        """The service's load balancer: target groups, rules, role, container and port."""
        (one,) = self.described[app]["loadBalancers"]
        return dict(one)


class Skipped(Exception):  # noqa: N818 - an outcome, told as such
    """A check could not be made; the message says why."""


@dataclass(frozen=True)
class Found:
    """What one check has seen."""

    right: str
    """Told where nothing is wrong."""
    wrong: tuple[str, ...] = ()
    """A sentence for each thing that is not as it must be, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """What an operator reads of a check."""

    check: str
    state: str
    says: str


def sentences(*calls: Callable[[], Iterable[str]]) -> list[str]:
    """All that the calls tell, made side by side; a generator is read where it is called."""
    told = together(*(partial(_read, call) for call in calls))
    return list(chain.from_iterable(told))


def _read(call: Callable[[], Iterable[str]]) -> list[str]:
    return list(call())


def look(account: Account, version: str | None, frontend: str | None = None) -> Look:
    """Of a version, or of the live ones. Raises Refused where nothing could be released."""
    if version is not None:
        images.versions(version, frontend)
    names = {app: naming.service(account.stack, app) for app in CONTAINERS}
    found = together(*(partial(services.read, account, app) for app in APPS))
    if version is None:
        version = revisions.version_of(account, found[0].task_definition, found[0].app)
        if limits.is_digest(version):
            frontend = frontend or revisions.version_of(
                account, found[1].task_definition, found[1].app
            )
    versions = images.versions(version, frontend)
    described = account.client("ecs").describe_services(
        cluster=account.cluster, services=[service.name for service in found]
    )["services"]
    by_name = {one["serviceName"]: one for one in described}
    wanted = together(
        *(
            partial(revisions.wanted, account, names[app], container, versions.get(app, version))
            for app, container in CONTAINERS.items()
        )
    )
    for service in found:
        if len(by_name[service.name].get("loadBalancers", [])) != 1:
            raise Refused(f"{service.name} has not one load balancer, as infrastructure gives it.")
    return Look(
        account=account,
        version=version,
        services=tuple(found),
        described={service.app: by_name[service.name] for service in found},
        wanted=dict(zip(CONTAINERS, wanted, strict=True)),
    )
