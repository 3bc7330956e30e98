"""Every rule on the program with all values known, which the first preview does not know."""

import pytest
from pulumi_policy import PolicyResource

import known_program
from guardrails.pack import RULES
from guardrails.rule import Rule
from proof import catalog, grid
from verdict import stack_violations, violations

WAITING = tuple(
    mutation
    for mutation in catalog.MUTATIONS
    if mutation.rule in known_program.NOT_KNOWN_BEFORE_THE_FIRST_UP
)


def broken(stack: str, resources: list[PolicyResource]) -> set[str]:
    """The rules that find something; one that meets an unknown value raises."""
    found = set[str]()
    for rule in RULES:
        if not isinstance(rule, Rule):
            if stack_violations(rule, *resources, stack=stack):
                found.add(rule.name)
            continue
        for one in resources:
            told = violations(rule, one.props, token=one.resource_type, name=one.name, stack=stack)
            if told:
                found.add(rule.name)
    return found


@pytest.mark.parametrize("stack", ["production", "staging"])
def test_no_rule_finds_anything_and_none_meets_an_unknown(stack: str) -> None:
    assert broken(stack, known_program.resources(stack)) == set()


@pytest.mark.parametrize(
    "batch", grid.each_once(WAITING), ids=lambda batch: ",".join(sorted(grid.rules(batch)))
)
def test_what_the_first_preview_can_not_judge_is_judged_here(batch: grid.Batch) -> None:
    resources = known_program.resources("production", batch)
    # A mutation that adds a resource by its type alone gives it no tags.
    assert broken("production", resources) - {"contract-tags"} == grid.rules(batch)


def test_every_rule_that_waits_is_tried() -> None:
    assert {mutation.rule for mutation in WAITING} == known_program.NOT_KNOWN_BEFORE_THE_FIRST_UP
