"""What a user gets now: the backend's own report of its health, and the frontend's page."""

import json
import time
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from operations.account import APPS, Account, together
from operations.ecs import health, services

GREEN = "green."


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Of one service, asked once."""

    service: str
    address: str
    status: int | None
    """Of HTTP; None when nobody answered."""
    milliseconds: int
    says: dict[str, object]
    """The backend's JSON; empty for a page, and for what is no JSON."""
    wrong: str
    """Why it isn't healthy; nothing when it is."""

    @property
    def reached(self) -> bool:
        """Whether it answered at all, be it that it is not well."""
        return self.status == HTTPStatus.OK


def ask(account: Account, opener: health.Opener, *, green: bool) -> list[Answer]:
    """Both services at their public host, or at the green one; side by side.

    Raises Refused where there is no such service, and Failed where its rule has no host.
    """

    def asked(app: str) -> Answer:
        service = services.read(account, app)
        return ask_one(app, f"{GREEN if green else ''}{health.host(service)}", opener)

    return together(*(partial(asked, app) for app in APPS))


def ask_one(app: str, host: str, opener: health.Opener) -> Answer:
    """A service at a host, once."""
    address = f"https://{host}{health.PATHS[app]}"
    began = time.monotonic()
    try:
        status, body = opener(address)
    except OSError as error:
        status, body, wrong = None, "", f"does not answer: {error}"
    else:
        wrong = "" if status == HTTPStatus.OK else f"answers {status}"
    says = _report(body) if app == "backend" else {}
    if app == "backend" and not wrong and says.get("status") != "healthy":
        wrong = f"says {says.get('status', body[:80])!r} instead of healthy"
    return Answer(
        service=app,
        address=address,
        status=status,
        milliseconds=round((time.monotonic() - began) * 1000),
        says=says,
        wrong=wrong,
    )


def _report(body: str) -> dict[str, object]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
