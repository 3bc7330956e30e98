"""`make soak MINUTES=N`: random seeds until the time is over. pytest collects it only by name."""

import random
import time

import pytest

from engine_stack import Deployed
from long_life.sequences import Record, live

STEPS = 14


def test_random_long_lives_keep_every_invariant(
    pristine_production: Deployed,
    lane: int,
    request: pytest.FixtureRequest,
    record_property: Record,
) -> None:
    """A lane for each worker."""
    ends = time.monotonic() + 60 * float(request.config.getoption("--minutes"))
    failed = []
    while time.monotonic() < ends:
        number = random.SystemRandom().getrandbits(32)
        try:
            live(pristine_production, number, STEPS, record_property)
        except Exception as wrong:  # noqa: BLE001 - whatever it is, the next seed is tried
            failed.append(f"lane {lane}, seed {number}: {wrong}")
            record_property("long life failure", failed[-1])
    assert not failed, "\n\n".join(failed)
