"""Every resource type of the program has a rule, or a reason for needing none."""

import functools
from collections.abc import Collection

import pytest
from pulumi_policy import EnforcementLevel, PolicyResource

import known_program
from guardrails import coverage
from guardrails.coverage import HARMLESS, judged_types, unjudged_rule
from guardrails.pack import RULES
from guardrails.rule import Rule, StackRule
from verdict import resource, stack_violations

QUEUE = "aws:sqs/queue:Queue"
OPTIONAL = {"aws:iam/openIdConnectProvider:OpenIdConnectProvider", "aws:wafv2/ipSet:IpSet"}
"""Harmless types that the program has only with another config."""
each_stack = pytest.mark.parametrize("stack", ["production", "staging"])


@functools.cache
def program(stack: str) -> tuple[PolicyResource, ...]:
    return tuple(known_program.resources(stack))


def types(stack: str) -> set[str]:
    return {found.resource_type for found in program(stack)}


def unjudged(stack: str, rules: Collection[Rule | StackRule] = RULES) -> list[str]:
    return stack_violations(unjudged_rule(rules), *program(stack), stack=stack)


@each_stack
def test_every_type_of_the_program_is_judged_or_harmless(stack: str) -> None:
    assert unjudged(stack) == []


def test_a_type_without_a_rule_gives_one_finding_with_its_resources() -> None:
    queues = [resource(QUEUE, name) for name in ("orders", "mails")]
    (message,) = stack_violations(unjudged_rule(RULES), *queues)
    assert message.startswith(f"No rule judges {QUEUE} (mails, orders). Review its inputs;")


def test_the_finding_is_advisory() -> None:
    assert unjudged_rule(RULES).policy().enforcement_level == EnforcementLevel.ADVISORY


@each_stack
def test_a_type_that_loses_its_rules_is_reported(stack: str) -> None:
    for token in types(stack) & judged_types(RULES):
        others = [rule for rule in RULES if token not in rule.judges]
        assert any(f" {token} (" in message for message in unjudged(stack, others)), token


@each_stack
def test_a_type_that_loses_its_reason_is_reported(
    stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for token in types(stack) & HARMLESS.keys():
        others = {key: reason for key, reason in HARMLESS.items() if key != token}
        monkeypatch.setattr(coverage, "HARMLESS", others)
        (message,) = unjudged(stack)
        assert f" {token} (" in message


def test_each_reason_is_for_a_type_of_the_program_without_a_rule() -> None:
    assert not HARMLESS.keys() & judged_types(RULES)
    assert HARMLESS.keys() - types("production") - types("staging") == OPTIONAL
