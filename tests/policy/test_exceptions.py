"""An exception: one rule, one resource, a reason, a last day."""

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


def test_without_exceptions_nothing_is_shown_and_nothing_is_wrong() -> None:
    assert stack_violations(SHOWN, DATABASE) == []
    assert stack_violations(VALID, DATABASE) == []


def test_it_excuses_one_resource_from_one_rule() -> None:
    configure(ENTRY)
    assert violations(MULTI_AZ, {}, name="database-instance") == []
    assert violations(MULTI_AZ, {}, name="another-instance")
    for rule in RULES:
        if rule != MULTI_AZ and rule.token == MULTI_AZ.token:
            assert violations(rule, {}, name="database-instance"), rule.name


def test_it_is_shown_with_its_reason_and_its_last_day() -> None:
    configure(ENTRY)
    (message,) = stack_violations(SHOWN, DATABASE)
    assert message.startswith(
        "rds-multi-az is not asked of database-instance until 2026-11-30: A rehearsal, OPS-112."
    )
    assert stack_violations(VALID, DATABASE) == []


def test_the_day_after_it_fails_and_excuses_nothing() -> None:
    configure({**ENTRY, "expires": "2026-11-29"})
    (message,) = stack_violations(VALID, DATABASE)
    assert "from rds-multi-az ended on 2026-11-29." in message
    assert stack_violations(SHOWN, DATABASE) == []
    assert violations(MULTI_AZ, {}, name="database-instance")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({**ENTRY, "rule": "rds-multy-az"}, "There is no rule rds-multy-az"),
        ({**ENTRY, "resource": "databse"}, "There is no databse to except from rds-multi-az."),
        ({**ENTRY, "reason": " "}, "entry 1: reason must be a text that says something."),
        ({**ENTRY, "expires": "soon"}, "entry 1: expires is soon; it must be a day such as"),
        ({**ENTRY, "until": "2027"}, "entry 1: must have exactly rule, resource, reason, expires."),
        ("rds-multi-az", "entry 1: must have exactly rule, resource, reason, expires."),
    ],
)
def test_what_is_written_wrong_is_told_and_excuses_nothing(entry: Any, said: str) -> None:
    configure(entry)
    (message,) = stack_violations(VALID, DATABASE)
    assert said in message
    if entry != {**ENTRY, "resource": "databse"}:
        assert violations(MULTI_AZ, {}, name="database-instance")


@pytest.mark.parametrize("text", ["rds-multi-az", "{}", "3"])
def test_what_is_no_list_is_told(text: str) -> None:
    pulumi.runtime.set_all_config({"policy:exceptions": text})
    (message,) = stack_violations(VALID, DATABASE)
    assert "policy:exceptions must be a list of rule, resource, reason, expires." in message
