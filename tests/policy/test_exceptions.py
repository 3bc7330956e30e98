"""An exception: one rule, one resource, a reason and an expiry date."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest

from guardrails import exceptions
from guardrails.exception_rules import exception_rules
from guardrails.rds import RULES
from verdict import resource, stack_violations, violations

TODAY = dt.date(2026, 11, 30)
ENTRY = {
    "rule": "rds-multi-az",
    "resource": "database-instance",
    "reason": "A rehearsal, OPS-112.",
    "expires": "2026-11-30",
}
SHOWN, VALID = exception_rules(frozenset({"rds-multi-az"}))
DATABASE = resource("aws:rds/instance:Instance", "database-instance")
(MULTI_AZ,) = (rule for rule in RULES if rule.name == "rds-multi-az")


@pytest.fixture(autouse=True)
def day(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(exceptions, "today", lambda: TODAY)
    yield
    pulumi.runtime.set_all_config({})


def configure(*entries: Any) -> None:
    pulumi.runtime.set_all_config({"policy:exceptions": json.dumps(entries)})


def test_without_exceptions_nothing_is_reported() -> None:
    assert stack_violations(SHOWN, DATABASE) == []
    assert stack_violations(VALID, DATABASE) == []


def test_an_exception_excludes_one_resource_from_one_rule() -> None:
    configure(ENTRY)
    assert violations(MULTI_AZ, {}, name="database-instance") == []
    assert violations(MULTI_AZ, {}, name="another-instance")
    for rule in RULES:
        if rule != MULTI_AZ and rule.token == MULTI_AZ.token:
            assert violations(rule, {}, name="database-instance"), rule.name


def test_an_active_exception_is_reported_with_reason_and_expiry() -> None:
    configure(ENTRY)
    (message,) = stack_violations(SHOWN, DATABASE)
    assert message.startswith(
        "database-instance is excepted from rds-multi-az until 2026-11-30: A rehearsal, OPS-112."
    )
    assert stack_violations(VALID, DATABASE) == []


def test_an_expired_exception_fails_and_excludes_nothing() -> None:
    configure({**ENTRY, "expires": "2026-11-29"})
    (message,) = stack_violations(VALID, DATABASE)
    assert "from rds-multi-az expired on 2026-11-29." in message
    assert stack_violations(SHOWN, DATABASE) == []
    assert violations(MULTI_AZ, {}, name="database-instance")


def test_an_exception_lasts_for_90_days_at_most() -> None:
    configure({**ENTRY, "expires": "2027-02-28"})
    assert stack_violations(VALID, DATABASE) == []
    assert violations(MULTI_AZ, {}, name="database-instance") == []


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({**ENTRY, "rule": "rds-multy-az"}, "from rds-multy-az names an unknown rule."),
        ({**ENTRY, "resource": "databse"}, "databse from rds-multi-az names an unknown resource."),
        ({**ENTRY, "reason": " "}, "entry 1: reason must be a non-empty text."),
        ({**ENTRY, "expires": "soon"}, "entry 1: expires is soon; it must be a date such as"),
        (
            {**ENTRY, "expires": "2027-03-01"},
            "entry 1: expires is 2027-03-01; the last day allowed is 2027-02-28, 90 days from now.",
        ),
        ({**ENTRY, "until": "2027"}, "entry 1: must have exactly rule, resource, reason, expires."),
        ("rds-multi-az", "entry 1: must have exactly rule, resource, reason, expires."),
    ],
)
def test_an_invalid_entry_is_reported_and_excludes_nothing(entry: Any, expected: str) -> None:
    configure(entry)
    (message,) = stack_violations(VALID, DATABASE)
    assert expected in message
    if entry != {**ENTRY, "resource": "databse"}:
        assert violations(MULTI_AZ, {}, name="database-instance")


@pytest.mark.parametrize("text", ["rds-multi-az", "{}", "3"])
def test_a_value_other_than_a_list_is_reported(text: str) -> None:
    pulumi.runtime.set_all_config({"policy:exceptions": text})
    (message,) = stack_violations(VALID, DATABASE)
    assert (
        "policy:exceptions must be a list of entries with rule, resource, reason, expires."
        in message
    )
