"""In any order of steps, users are served and nothing of value is lost."""

import pytest

from engine_stack import Deployed
from long_life.sequences import Record, live

SEEDS = (1, 3, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 4)))
STEPS = 8


@pytest.mark.parametrize("number", SEEDS)
def test_a_long_life_keeps_every_invariant(
    pristine_production: Deployed, number: int, record_property: Record
) -> None:
    live(pristine_production, number, STEPS, record_property)
