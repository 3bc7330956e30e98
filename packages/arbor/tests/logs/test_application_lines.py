"""`arbor logs` finds the lines that the application writes."""

import json
from datetime import timedelta
from typing import Any

import pytest

from application_lines import CUSTOMER, KINDS, Kind
from log_fixtures import documents, operate, put

pytestmark = pytest.mark.usefixtures("logged")
each = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def found(*words: str) -> list[Any]:
    done = operate("logs", "backend", "--json", *words)
    assert done.exit_code == 0, done.output
    return [one["line"] for one in documents(done)]


def logged(kind: Kind) -> None:
    put(*kind.events)


@each
def test_each_error_is_found_once(kind: Kind) -> None:
    logged(kind)
    assert len(found("--errors")) == len(kind.errors)


@each
def test_lines_of_a_customer_are_found(kind: Kind) -> None:
    logged(kind)
    assert len(found("--customer", CUSTOMER)) == (1 if kind.customer else 0)


@each
def test_slow_requests_are_found_by_either_field(kind: Kind) -> None:
    logged(kind)
    limit = kind.slow or 0
    assert len(found("--slower-than", str(max(limit - 1, 0)))) == (1 if kind.slow else 0)
    assert found("--slower-than", str(limit + 1)) == []


def test_a_traceback_is_one_line() -> None:
    (kind,) = (one for one in KINDS if one.name == "a traceback below the server's line")
    logged(kind)
    assert found("--errors") == ["\n".join(kind.events)]
    drawn = operate("logs", "backend", "--errors").stdout
    assert [line.strip() for line in drawn.splitlines()[1:]] == [
        line.strip() for line in kind.events[1:]
    ]


def test_all_kinds_at_once_are_found() -> None:
    for number, kind in enumerate(KINDS):
        put(*kind.events, ago=timedelta(minutes=20) - timedelta(seconds=10 * number))
    assert len(found("--errors")) == sum(len(kind.errors) for kind in KINDS)
    assert len(found("--slower-than", "0")) == sum(kind.slow is not None for kind in KINDS)


def test_without_conditions_each_event_is_shown() -> None:
    for kind in KINDS:
        logged(kind)
    events = [event for kind in KINDS for event in kind.events]
    shown = [one if isinstance(one, str) else json.dumps(one) for one in found()]
    assert sorted(shown) == sorted(events)
