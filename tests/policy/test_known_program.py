"""Every rule on the program with all values known, unlike in the first preview."""

import pytest
from pulumi_policy import PolicyResource

import known_program
from guardrails.pack import RULES
from guardrails.rule import Rule
from proof import batches, catalog
from verdict import stack_violations, violations

OF_THE_PROGRAM = tuple(mutation for mutation in catalog.MUTATIONS if not mutation.config)
"""Changes by config are judged in the engine: tests/engine/test_policy.py."""


def broken(stack: str, resources: list[PolicyResource]) -> set[str]:
    """The violated rules; a rule that reads an unknown value raises."""
    found = set[str]()
    for rule in RULES:
        if not isinstance(rule, Rule):
            if stack_violations(rule, *resources, stack=stack):
                found.add(rule.name)
            continue
        for one in resources:
            if one.resource_type in {rule.token, *rule.alike} and violations(
                rule, one.props, token=one.resource_type, name=one.name, stack=stack
            ):
                found.add(rule.name)
    return found


@pytest.mark.parametrize("stack", ["production", "staging"])
def test_the_program_violates_no_rule(stack: str) -> None:
    assert broken(stack, known_program.resources(stack)) == set()


@pytest.mark.parametrize(
    "batch",
    batches.each_once(OF_THE_PROGRAM, size=len(OF_THE_PROGRAM)),
    ids=lambda batch: f"{len(batch)} with {batch[0].rule}",
)
def test_each_change_of_a_batch_violates_exactly_its_rule(batch: batches.Batch) -> None:
    resources = known_program.resources("production", batch)
    found = broken("production", resources)
    assert found >= batches.rules(batch)
    # A mutation that adds a resource by its type alone sets no tags.
    assert found - batches.rules(batch) <= {"contract-tags"}


def test_every_rule_has_a_mutation() -> None:
    tried = {mutation.rule for mutation in OF_THE_PROGRAM}
    assert {rule.name for rule in RULES} == tried
