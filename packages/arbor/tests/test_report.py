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
    """Request a service with these responses at its two addresses."""
    answers = {API: shallow, f"{API}/detailed": detailed}

    def opener(address: str) -> tuple[int, str]:
        answer = answers[address]
        if isinstance(answer, OSError):
            raise answer
        status, body = answer
        return status, body if isinstance(body, str) else json.dumps(body)

    return report.request(API, opener)


@pytest.mark.parametrize(
    ("shallow", "detailed", "parts"),
    [
        ((200, RUNBOOK), OSError("not requested"), ["database connected", "redis connected"]),
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
    assert (found.status, found.summary, found.stores) == (200, "", parts)


@pytest.mark.parametrize(
    ("shallow", "detailed", "why"),
    [
        (
            (200, SHALLOW),
            (200, SHALLOW | BOTH_DOWN),
            (
                "answers, but /detailed reports 'degraded' instead of 'healthy': database "
                "unhealthy, cache unhealthy"
            ),
        ),
        (
            (200, SHALLOW),
            (200, SHALLOW | STORES | {"cache": "unhealthy"}),
            "answers, but /detailed reports healthy with unreachable stores: cache unhealthy",
        ),
        ((200, SHALLOW), (500, "oops"), "answers, but /detailed answers 500: 'oops'"),
        ((200, SHALLOW), OSError("timed out"), "answers, but /detailed does not: timed out"),
        (
            (200, RUNBOOK | {"redis": "disconnected"}),
            NONE,
            "reports healthy with unreachable stores: redis disconnected",
        ),
        ((200, RUNBOOK | {"status": "degraded"}), NONE, "reports 'degraded' instead of 'healthy'"),
        ((200, "<html>"), NONE, "reports '<html>' instead of 'healthy'"),
        ((503, ""), NONE, "answers 503"),
        ((503, {"detail": "no"}), NONE, 'answers 503: \'{"detail": "no"}\''),
        ((503, RUNBOOK | {"database": "down"}), NONE, "answers 503: database down"),
        (OSError("refused"), NONE, "does not answer: refused"),
        (REFUSED, NONE, "does not answer: [Errno 111] Connection refused"),
    ],
)
def test_the_problem_is_found_in_either_form(
    shallow: Answered, detailed: Answered, why: str
) -> None:
    assert ask(shallow, detailed).summary == why


def test_a_503_keeps_its_body() -> None:
    found = ask((503, RUNBOOK | {"status": "unhealthy", "redis": "disconnected"}))
    assert found.fields["status"] == "unhealthy"
    assert found.stores == ["database connected", "redis disconnected"]


def test_only_the_status_of_a_page_counts() -> None:
    page = "https://arbor.example.com/"
    assert report.request(page, lambda _: (200, "<html>")).summary == ""
    assert report.request(page, lambda _: (502, "<html>")).summary == "answers 502"
