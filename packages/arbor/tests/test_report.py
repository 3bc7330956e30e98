"""A service's report of its health: the runbook's form, the application's, and neither."""

import json
from urllib.error import URLError

import pytest

from arbor.ecs import report

API = "https://arbor.example.com/api/v1/health"
SHALLOW = {"status": "healthy", "version": "1.0.0", "environment": "production"}
RUNBOOK = {"status": "healthy", "database": "connected", "redis": "connected", "timestamp": "T"}
STORES = {"database": "healthy", "cache": "healthy"}
REFUSED = URLError(ConnectionRefusedError(111, "Connection refused"))
BOTH_DOWN = {"status": "degraded", "database": "unhealthy", "cache": "unhealthy"}
NONE = (404, '{"detail": "Not Found"}')
Answered = tuple[int, object] | OSError


def ask(shallow: Answered, detailed: Answered = NONE) -> report.Report:
    """Ask a service that answers so at its two addresses."""
    answers = {API: shallow, f"{API}/detailed": detailed}

    def opener(address: str) -> tuple[int, str]:
        answer = answers[address]
        if isinstance(answer, OSError):
            raise answer
        status, body = answer
        return status, body if isinstance(body, str) else json.dumps(body)

    return report.ask(API, opener)


@pytest.mark.parametrize(
    ("shallow", "detailed", "parts"),
    [
        ((200, RUNBOOK), OSError("not asked"), ["database connected", "redis connected"]),
        ((200, SHALLOW), (200, SHALLOW | STORES), ["database healthy", "cache healthy"]),
        ((200, SHALLOW), NONE, []),
        ((200, SHALLOW), (200, "<html>"), []),
    ],
    ids=["the runbook's", "the application's", "no detailed report", "a page for every path"],
)
def test_either_form_can_be_healthy(
    shallow: Answered, detailed: Answered, parts: list[str]
) -> None:
    found = ask(shallow, detailed)
    assert (found.status, found.why, found.parts) == (200, "", parts)


@pytest.mark.parametrize(
    ("shallow", "detailed", "why"),
    [
        (
            (200, SHALLOW),
            (200, SHALLOW | BOTH_DOWN),
            (
                "answers, but /detailed says 'degraded' instead of healthy: database unhealthy, "
                "cache unhealthy"
            ),
        ),
        (
            (200, SHALLOW),
            (200, SHALLOW | STORES | {"cache": "unhealthy"}),
            "answers, but /detailed says healthy without all of its stores: cache unhealthy",
        ),
        ((200, SHALLOW), (500, "oops"), "answers, but /detailed answers 500: 'oops'"),
        ((200, SHALLOW), OSError("timed out"), "answers, but /detailed does not: timed out"),
        (
            (200, RUNBOOK | {"redis": "disconnected"}),
            NONE,
            "says healthy without all of its stores: redis disconnected",
        ),
        ((200, RUNBOOK | {"status": "degraded"}), NONE, "says 'degraded' instead of healthy"),
        ((200, "<html>"), NONE, "says '<html>' instead of healthy"),
        ((503, ""), NONE, "answers 503"),
        ((503, {"detail": "no"}), NONE, 'answers 503: \'{"detail": "no"}\''),
        ((503, RUNBOOK | {"database": "down"}), NONE, "answers 503: database down"),
        (OSError("refused"), NONE, "does not answer: refused"),
        (REFUSED, NONE, "does not answer: [Errno 111] Connection refused"),
    ],
)
def test_what_is_wrong_is_said_in_either_form(
    shallow: Answered, detailed: Answered, why: str
) -> None:
    assert ask(shallow, detailed).why == why


def test_a_503_keeps_its_body() -> None:
    found = ask((503, RUNBOOK | {"status": "unhealthy", "redis": "disconnected"}))
    assert found.says["status"] == "unhealthy"
    assert found.parts == ["database connected", "redis disconnected"]


def test_a_page_is_judged_by_its_status_alone() -> None:
    page = "https://arbor.example.com/"
    assert report.ask(page, lambda _: (200, "<html>")).why == ""
    assert report.ask(page, lambda _: (502, "<html>")).why == "answers 502"
