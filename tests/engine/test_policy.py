"""The policy pack in the real engine: it reports each violation, and skips no rule."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from engine.deployment import Deployment
from engine_stack import Deployed, deployed
from guardrails import exceptions
from guardrails.pack import RULES
from known_program import NOT_KNOWN_BEFORE_THE_FIRST_UP
from proof import batches, catalog, known_bad, trial

EVERY = {rule.name for rule in RULES} | {"policy-exceptions-valid"}


def judged(stack: Deployed) -> Deployment:
    """The stack, with the pack in every preview."""
    return replace(stack.deployment, policy_packs=(trial.PACK,))


@pytest.fixture(scope="session")
def production(pristine_production: Deployed) -> Iterator[Deployment]:
    """Production, up with the pack; previews change nothing."""
    with pristine_production.copy() as stack:
        judged(stack).up()
        yield judged(stack)


def test_every_rule_has_a_mutation() -> None:
    assert {mutation.rule for mutation in catalog.MUTATIONS} == EVERY


def test_each_change_of_one_preview_violates_exactly_its_rule(production: Deployment) -> None:
    """The others are tested without the engine (tests/policy), and with it by `make policy-proof`.

    One change can make a document with another change unknown, so rules that read such documents
    are among the others.
    """
    known = [one for one in catalog.MUTATIONS if one.rule not in NOT_KNOWN_BEFORE_THE_FIRST_UP]
    together = max(batches.each_once(known, size=len(known)), key=len)
    assert len(together) > len(EVERY) // 2
    assert trial.caught_by(production, *together) == batches.rules(together)


def test_production_passes_and_no_rule_is_skipped(production: Deployment) -> None:
    assert trial.findings(production) == []


def test_staging_passes_and_no_rule_is_skipped(staging: Deployed) -> None:
    judged(staging).up()
    assert trial.findings(judged(staging)) == []


def test_before_the_first_up_only_rules_on_unknown_values_are_skipped() -> None:
    with deployed("production") as stack:
        found = trial.findings(judged(stack))
    assert {one.rule for one in found if one.skipped} == NOT_KNOWN_BEFORE_THE_FIRST_UP
    assert [one for one in found if not one.skipped] == []


def test_an_exception_applies_and_is_shown_in_the_preview(production: Deployment) -> None:
    last_day = exceptions.today() + exceptions.LONGEST
    entry = {
        "rule": "rds-multi-az",
        "resource": "database-instance",
        "reason": "A rehearsal.",
        "expires": str(last_day),
    }
    mutation = next(m for m in catalog.MUTATIONS if m.rule == "rds-multi-az")
    with trial.mutated(production, replace(mutation, config={"policy:exceptions": [entry]})):
        (shown,) = trial.findings(production)
    assert not shown.mandatory
    assert (
        f"database-instance is excepted from rds-multi-az until {last_day}: A rehearsal."
        in shown.message
    )


@pytest.mark.parametrize("shape", known_bad.SHAPES.values(), ids=known_bad.SHAPES.keys())
def test_an_insecure_program_is_reported(shape: known_bad.Shape) -> None:
    with deployed("production") as stack:
        stack.deployment.stack.workspace.program = shape.program
        found = trial.findings(judged(stack))
    assert {one.rule for one in found if one.mandatory} >= shape.caught_by
