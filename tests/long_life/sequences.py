"""Runs sequences of a long life, each from a seed, and counts them."""

from collections.abc import Callable

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from engine_stack import Deployed
from long_life.machine import Tally, machine

Record = Callable[[str, object], None]


def live(pristine: Deployed, number: int, steps: int, record: Record) -> None:
    """Run one sequence of that seed; hypothesis runs its simplest one, without steps, before it."""
    tally, failures = Tally(), 1
    try:
        run_state_machine_as_test(
            seed(number)(machine(pristine, tally)),
            settings=settings(
                max_examples=2,
                stateful_step_count=steps,
                derandomize=True,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
            ),
        )
        failures = 0
    finally:
        record("long life", (tally.sequences, tally.steps, failures))
