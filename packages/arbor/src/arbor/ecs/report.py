"""A service's report of its own health, in either form that a backend may have.

The runbook's form is one address with `database` and `redis`. The application's is two: the address
that the load balancer asks, 200 while the process lives, and `/detailed` below it, 200 even where
`database` and `cache` are unhealthy. docs/decisions/health.md.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

PAGE: Final = "/"
"""The path of a service that serves pages: its status decides, and nothing is read in it."""
DETAILED: Final = "/detailed"
STATUS: Final = "status"
PARTS: Final = ("database", "redis", "cache")
"""The stores that a report names: the runbook calls the cache `redis`."""
HEALTHY: Final = "healthy"
WELL: Final = frozenset({HEALTHY, "connected"})
LONGEST: Final = 200
"""Characters of a body that are shown."""
Opener = Callable[[str], tuple[int, str]]
"""Status and body of an address; raises OSError where it does not answer."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """The answer of one request to a service."""

    status: int | None
    """Of HTTP; None where it does not answer."""
    milliseconds: int
    """Until the first answer: a detailed report waits for the stores."""
    says: Mapping[str, object] = field(default_factory=dict)
    """The JSON, that of `/detailed` over that of the address; empty for a page."""
    wrong: str = ""
    """Why it isn't healthy; empty where it is."""

    @property
    def parts(self) -> list[str]:
        """Each store as the service names it, such as `cache unhealthy`."""
        return [f"{part} {self.says[part]}" for part in PARTS if part in self.says]

    @property
    def why(self) -> str:
        """The failure, with the stores that the service can't reach."""
        return ": ".join(filter(None, (self.wrong, ", ".join(cut_off(self.says)))))


def ask(address: str, opener: Opener) -> Report:
    """Ask an address, and `/detailed` below it where its own answer names no store.

    The address alone decides where it is a page, where it isn't well itself, and where `/detailed`
    is 404 or no report, such as the page of an application that answers every path.
    """
    began = time.monotonic()
    try:
        status, body = opener(address)
    except OSError as error:
        return Report(
            status=None, milliseconds=_since(began), wrong=f"does not answer: {_reason(error)}"
        )
    milliseconds = _since(began)
    if address.endswith(PAGE):
        wrong = "" if status == HTTPStatus.OK else f"answers {status}"
        return Report(status=status, milliseconds=milliseconds, wrong=wrong)
    says = _json(body)
    wrong = _refusal(status, says, body) or _unwell(says, body)
    if not wrong and not says.keys() & set(PARTS):
        below, wrong = _detailed(f"{address}{DETAILED}", opener)
        says = {**says, **below}
    return Report(status=status, milliseconds=milliseconds, says=says, wrong=wrong)


def _detailed(address: str, opener: Opener) -> tuple[dict[str, object], str]:
    """The report and its failure; both empty without such a report."""
    try:
        status, body = opener(address)
    except OSError as error:
        return {}, f"answers, but {DETAILED} does not: {_reason(error)}"
    says = _json(body)
    if status == HTTPStatus.NOT_FOUND or (status == HTTPStatus.OK and STATUS not in says):
        return {}, ""
    wrong = _refusal(status, says, body) or _unwell(says, body)
    return says, f"answers, but {DETAILED} {wrong}" if wrong else ""


def _refusal(status: int, says: Mapping[str, object], body: str) -> str:
    """An answer other than 200, with its body where that names no store."""
    if status == HTTPStatus.OK:
        return ""
    line = " ".join(body.split())[:LONGEST]
    return f"answers {status}" + (f": {line!r}" if line and not says.keys() & set(PARTS) else "")


def _unwell(says: Mapping[str, object], body: str) -> str:
    """Of an answer with 200: another status than healthy, or a store that is not."""
    if says.get(STATUS) != HEALTHY:
        return f"says {says.get(STATUS, body[:80])!r} instead of healthy"
    return "says healthy without all of its stores" if cut_off(says) else ""


def cut_off(says: Mapping[str, object]) -> list[str]:
    """The stores that a report names as anything but connected or healthy."""
    return [f"{part} {says[part]}" for part in PARTS if part in says and says[part] not in WELL]


def _reason(error: OSError) -> object:
    """The network's error, without urllib's brackets."""
    return getattr(error, "reason", error)


def _json(body: str) -> dict[str, object]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
