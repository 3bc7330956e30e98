"""What users get: the backend's own report of its health, and the frontend's page."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from arbor.account import Account, together
from arbor.ecs import health, report, services
from arbor.incident.row import Row, Unknown
from arbor.incident.shared import Shared
from arbor.procedure import Failed
from arbor_names import naming


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Of one service, asked once."""

    service: str
    address: str
    status: int | None
    """Of HTTP; None where it does not answer."""
    milliseconds: int
    says: Mapping[str, object]
    """The backend's JSON; empty for a page, and for what is no JSON."""
    wrong: str
    """Why it isn't healthy; empty where it is."""
    parts: list[str]
    """Its stores in its own words, such as `database connected` or `cache unhealthy`."""
    cut_off: list[str]
    """Those of them that it can't reach."""

    @property
    def reached(self) -> bool:
        """Whether it answered at all, be it that it is not well."""
        return self.status == HTTPStatus.OK

    @property
    def row(self) -> Row:
        parts = [self.wrong or f"{self.status} in {self.milliseconds} ms", *self.parts]
        says = f"{self.address} {', '.join(parts)}"
        return Row("NG" if self.wrong else "OK", _title(self.service), says)

    @property
    def sentence(self) -> str:
        """What is wrong, with the stores that it can't reach; empty where it is healthy."""
        reason = ": ".join(filter(None, (self.wrong, ", ".join(self.cut_off))))
        return f"{self.address} {reason}." if reason else ""


def ask(account: Account, opener: report.Opener, *, green: bool) -> list[Answer]:
    """Both services at their public host, or at the green one; side by side.

    Raises Refused where there is no such service, and Failed where its rule has no host.
    """

    def asked(service: services.Service) -> Answer | None:
        url = health.address(service, health.production_rule(service), green=green)
        return ask_one(service.app, url, opener) if url is not None else None

    found = together(*(partial(asked, service) for service in services.every(account)))
    return [answer for answer in found if answer is not None]


def read(shared_: Shared, app: str, opener: report.Opener) -> Answer:
    """A service at the host of its production rule; raises Failed where it has none."""
    rule = shared_.rules.get().get(app)
    if rule is None:
        raise Failed(f"there is no rule of {naming.service(shared_.account.stack, app)} to ask by")
    service = services.snapshot(shared_.account, app, shared_.services.get()[app])
    url = health.address(service, rule)
    if url is None:
        raise Failed("its health check path is not among the paths of its rule")
    return ask_one(app, url, opener)


def ask_one(app: str, address: str, opener: report.Opener) -> Answer:
    """A service at its public URL, once."""
    found = report.ask(address, opener)
    return Answer(
        service=app,
        address=address,
        status=found.status,
        milliseconds=found.milliseconds,
        says=found.says,
        wrong=found.wrong,
        parts=found.parts,
        cut_off=report.cut_off(found.says),
    )


def rows(found: Mapping[str, Answer | Unknown]) -> list[Row]:
    """A line a service."""
    return [
        answer.row(_title(app)) if isinstance(answer, Unknown) else answer.row
        for app, answer in found.items()
    ]


def _title(app: str) -> str:
    return f"{app} URL"
