"""A service's report of its own health, in either form of a backend.

The runbook's form is one address with `database` and `redis`. The application's is two: the load
balancer's health check, 200 while the process runs, and `/detailed` below it, 200 even if
`database` and `cache` are unhealthy: docs/decisions/health.md.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

PAGE: Final = "/"
"""The path of a service that serves pages: only its status counts."""
DETAILED: Final = "/detailed"
STATUS: Final = "status"
STORES: Final = ("database", "redis", "cache")
"""Keys of the stores in a report; the runbook calls the cache `redis`."""
HEALTHY: Final = "healthy"
REACHABLE: Final = frozenset({HEALTHY, "connected"})
LONGEST: Final = 200
"""Characters of a body in a message."""
Opener = Callable[[str], tuple[int, str]]
"""Returns status and body of an address. Raises OSError without a response."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """The response of a service."""

    status: int | None
    """The HTTP status; None without a response."""
    milliseconds: int
    """Until the first response; a detailed report waits for the stores."""
    fields: Mapping[str, object] = field(default_factory=dict)
    """The JSON, that of `/detailed` over that of the address; empty for a page."""
    problem: str = ""
    """Why it isn't healthy; empty if it is."""

    @property
    def stores(self) -> list[str]:
        """Each store with its state, such as `cache unhealthy`."""
        return [f"{store} {self.fields[store]}" for store in STORES if store in self.fields]

    @property
    def summary(self) -> str:
        """The problem, with the unreachable stores; empty if it is healthy."""
        return ": ".join(filter(None, (self.problem, ", ".join(unreachable(self.fields)))))


def request(address: str, opener: Opener) -> Report:
    """Request an address, and `/detailed` below it if the first response has no store.

    The first response suffices for a page, if it isn't healthy, or if `/detailed` is 404 or no
    report, such as a page of an application that answers every path.
    """
    began = time.monotonic()
    try:
        status, body = opener(address)
    except OSError as error:
        return Report(
            status=None, milliseconds=_since(began), problem=f"does not answer: {_reason(error)}"
        )
    milliseconds = _since(began)
    if address.endswith(PAGE):
        problem = "" if status == HTTPStatus.OK else f"answers {status}"
        return Report(status=status, milliseconds=milliseconds, problem=problem)
    fields = _json(body)
    problem = _error_status(status, fields, body) or _unhealthy(fields, body)
    if not problem and not fields.keys() & set(STORES):
        below, problem = _detailed(f"{address}{DETAILED}", opener)
        fields = {**fields, **below}
    return Report(status=status, milliseconds=milliseconds, fields=fields, problem=problem)


def _detailed(address: str, opener: Opener) -> tuple[dict[str, object], str]:
    """The report and its problem; both empty without a report."""
    try:
        status, body = opener(address)
    except OSError as error:
        return {}, f"answers, but {DETAILED} does not: {_reason(error)}"
    fields = _json(body)
    if status == HTTPStatus.NOT_FOUND or (status == HTTPStatus.OK and STATUS not in fields):
        return {}, ""
    problem = _error_status(status, fields, body) or _unhealthy(fields, body)
    return fields, f"answers, but {DETAILED} {problem}" if problem else ""


def _error_status(status: int, fields: Mapping[str, object], body: str) -> str:
    """The problem of a status other than 200, with the body unless it has stores."""
    if status == HTTPStatus.OK:
        return ""
    line = " ".join(body.split())[:LONGEST]
    return f"answers {status}" + (f": {line!r}" if line and not fields.keys() & set(STORES) else "")


def _unhealthy(fields: Mapping[str, object], body: str) -> str:
    """The problem of a response with 200: its own status, or an unreachable store."""
    if fields.get(STATUS) != HEALTHY:
        return f"reports {fields.get(STATUS, body[:80])!r} instead of 'healthy'"
    return "reports healthy with unreachable stores" if unreachable(fields) else ""


def unreachable(fields: Mapping[str, object]) -> list[str]:
    """The stores in a report that are neither connected nor healthy."""
    return [
        f"{store} {fields[store]}"
        for store in STORES
        if store in fields and fields[store] not in REACHABLE
    ]


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
