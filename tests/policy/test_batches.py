"""Batches of mutations prove as much as one preview for each mutation."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest

from proof import batches, catalog
from proof.mutation import Mutation

BATCHES = batches.batches(catalog.MUTATIONS)
SHARING = [mutation for mutation in catalog.MUTATIONS if not mutation.alone]


def batches_of(mutation: Mutation) -> set[int]:
    return {number for number, batch in enumerate(BATCHES) if mutation in batch}


def test_a_mutation_is_in_two_batches_or_alone() -> None:
    for mutation in catalog.MUTATIONS:
        assert len(batches_of(mutation)) == (1 if mutation.alone else 2)
    assert all(len(batch) == 1 for batch in BATCHES if batch[0].alone)


def test_two_mutations_share_at_most_one_batch() -> None:
    for one, other in combinations(SHARING, 2):
        assert len(batches_of(one) & batches_of(other)) <= 1


def test_mutations_of_a_batch_differ_in_rule_and_input() -> None:
    for batch in BATCHES:
        assert len(batches.rules(batch)) == len(batch)
        assert not any(one.touches(other) for one, other in combinations(batch, 2))


def of_the_database(**changes: Any) -> Mutation:
    return Mutation(rule="rds-multi-az", what="a test", token="t", resource="database", **changes)


@pytest.mark.parametrize(
    ("one", "other", "touches"),
    [
        ({"inputs": {"multi_az": False}}, {"inputs": {"multi_az": None}}, True),
        ({"inputs": {"multi_az": False}}, {"inputs": {"storage_encrypted": False}}, False),
        ({"inputs": {"multi_az": False}}, {"edit": lambda _: None}, True),
        ({"options": {"protect": False}}, {"inputs": {"multi_az": False}}, False),
        ({"takes": "subnet_ids"}, {"inputs": {"subnet_ids": []}}, True),
    ],
)
def test_mutations_touch_when_they_change_the_same_input(
    one: dict[str, Any], other: dict[str, Any], touches: bool
) -> None:
    assert of_the_database(**one).touches(of_the_database(**other)) is touches


def one_too_many(mutation: Mutation) -> set[str]:
    """As if a mutation of another rule also violated `rds-multi-az`."""
    return {mutation.rule} | ({"rds-multi-az"} if mutation.rule == "edge-tls" else set())


def one_missing(mutation: Mutation) -> set[str]:
    return set() if mutation.rule == "rds-multi-az" else {mutation.rule}


@pytest.mark.parametrize("caught", [one_too_many, one_missing])
def test_an_error_of_one_mutation_fails_its_batch(caught: Callable[[Mutation], set[str]]) -> None:
    found = [set().union(*(caught(mutation) for mutation in batch)) for batch in BATCHES]
    assert found != [batches.rules(batch) for batch in BATCHES]
