"""The runbook's searches of the backend's log find the application's lines."""

import re
from collections.abc import Callable

import pytest

from application_lines import CUSTOMER, KINDS, Kind
from pulumi_moto.log_pattern import compile_pattern
from runbook_fixtures import RUNBOOK

SEARCH = re.compile(
    r"# (?P<what>[^\n]*)\naws logs filter-log-events \\\n"
    r" +--log-group-name /ecs/arbor-production/backend \\\n"
    r" +--start-time [^\n]* \\\n"
    r" +--filter-pattern '(?P<pattern>[^']*)'\n"
)
SEARCHES = [(one["what"], one["pattern"]) for one in SEARCH.finditer(RUNBOOK.read_text())]


def found(about: str) -> set[str]:
    """The kinds of lines that the searches of a section find."""
    patterns = [pattern for what, pattern in SEARCHES if re.search(about, what)]
    assert patterns, SEARCHES
    return {
        kind.name
        for kind in KINDS
        for pattern in patterns
        if any(map(compile_pattern(pattern.replace("<customer-id>", CUSTOMER)), kind.events))
    }


def test_every_search_of_the_page_is_found() -> None:
    shown = RUNBOOK.read_text().count(
        "--log-group-name /ecs/arbor-production/backend \\\n    --start"
    )
    assert len(SEARCHES) == shown


@pytest.mark.parametrize(
    ("about", "is_found"),
    [
        ("error|5xx", lambda kind: bool(kind.errors)),
        ("specific user", lambda kind: kind.customer is not None),
        ("slow requests", lambda kind: (kind.slow or 0) > 2000),
    ],
)
def test_a_search_finds_every_kind(about: str, is_found: Callable[[Kind], bool]) -> None:
    wanted = {kind.name for kind in KINDS if is_found(kind)}
    assert wanted
    assert wanted <= found(about)


def test_a_search_of_a_field_finds_nothing_else() -> None:
    assert found("specific user") == {kind.name for kind in KINDS if kind.customer}
    assert found("slow requests") == {kind.name for kind in KINDS if (kind.slow or 0) > 2000}


def test_the_log_of_an_exhausted_pool_is_found() -> None:
    assert found("SQLAlchemy") == {"a traceback in a traceback"}
