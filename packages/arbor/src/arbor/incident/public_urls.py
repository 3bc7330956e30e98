"""Requests to the services' public URLs: what users get, and the backend's report of its stores."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from arbor.account import Account, together
from arbor.check import Check
from arbor.ecs import health, report, services
from arbor.incident.checks import Unknown
from arbor.incident.reads import SharedReads, shared_reads
from arbor.procedure import Failed


@dataclass(frozen=True, kw_only=True)
class UrlCheck:
    """One request to a service's public URL."""

    service: str
    address: str
    status: int | None
    """Of HTTP; None without a response."""
    milliseconds: int
    report: Mapping[str, object]
    """The JSON of a health check; empty for a page."""
    problem: str
    """Why the service isn't healthy, such as `answers 503`; empty if it is."""
    stores: list[str]
    """The stores in the report, such as `database connected` or `cache unhealthy`."""
    unreachable: list[str]
    """Those of `stores` that the service can't reach."""

    @property
    def answered(self) -> bool:
        """Whether it answered 200, be the report good or bad."""
        return self.status == HTTPStatus.OK

    @property
    def check(self) -> Check:
        parts = [self.problem or f"{self.status} in {self.milliseconds} ms", *self.stores]
        message = f"{self.address} {', '.join(parts)}"
        return Check(
            status="NG" if self.problem else "OK", name=_name(self.service), message=message
        )

    @property
    def sentence(self) -> str:
        """The problem, with the unreachable stores; empty if the service is healthy."""
        reason = ": ".join(filter(None, (self.problem, ", ".join(self.unreachable))))
        return f"{self.address} {reason}." if reason else ""

    def document(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "service": self.service,
            "address": self.address,
            "status": self.status,
            "milliseconds": self.milliseconds,
            "says": self.report,
            "wrong": self.problem,
            "parts": self.stores,
            "cut_off": self.unreachable,
        }


def request(account: Account, opener: report.Opener, *, green: bool) -> list[UrlCheck]:
    """All services with a public URL, at the production host or the test host, in parallel.

    Raises Refused where a service doesn't exist, and Failed where a production rule has no host.
    """
    shared = shared_reads(account)
    apps, found = shared.apps(), shared.services.get()
    if missing := [app for app in apps if app not in found]:
        raise services.none(account, missing[0])
    if not apps:
        raise services.none(account)
    checks = together(*(partial(read, shared, opener, app, green=green) for app in apps))
    return [one for one in checks if one is not None]


def read(
    shared: SharedReads, opener: report.Opener, app: str, *, green: bool = False
) -> UrlCheck | None:
    """One service; None if it doesn't exist or has no public URL. Raises Failed."""
    described = shared.services.get().get(app)
    if described is None:
        return None
    service, rule = services.snapshot(shared.account, app, described), shared.rules.get().get(app)
    if rule is None:
        raise Failed(f"{service.name} has no production rule; `pulumi up` restores it")
    address = health.address(service, rule, green=green)
    if address is None:
        return None
    found = report.request(address, opener)
    return UrlCheck(
        service=app,
        address=address,
        status=found.status,
        milliseconds=found.milliseconds,
        report=found.fields,
        problem=found.problem,
        stores=found.stores,
        unreachable=report.unreachable(found.fields),
    )


def checks(found: Mapping[str, UrlCheck | Unknown | None]) -> list[Check]:
    """One for each service."""
    return [_check(app, one) for app, one in found.items()]


def _check(app: str, found: UrlCheck | Unknown | None) -> Check:
    if found is None:
        return Check(status="", name=_name(app), message="no public URL")
    return found.check(_name(app)) if isinstance(found, Unknown) else found.check


def _name(app: str) -> str:
    return f"{app} URL"
