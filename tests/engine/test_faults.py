"""The fault table: every command that writes, every AWS call that it makes, every kind of fault."""

import sys
from collections.abc import Iterator

import pytest

from engine_stack import Deployed, deployed
from fault_cases import CASES
from fault_wire import Copy, wired
from faults import Case, Drill


@pytest.fixture(scope="module")
def production() -> Iterator[Deployed]:
    """Production as the engine leaves it: other tests deploy and release into theirs."""
    with deployed("production") as stack:
        stack.up()
        yield stack


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_after_any_fault_the_next_run_puts_all_right(
    production: Deployed, case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    account = Copy(port=int(production.environment["AWS_ENDPOINT_URL"].rsplit(":", 1)[1]))
    with account.fork() as prepared, wired(prepared, "us-east-1") as wire:
        prepared.control("clock", speed=0)
        case.prepare(wire)
        trials = list(Drill(case=case, account=prepared, wire=wire).trials())
    wrong = [str(trial) for trial in trials if trial.wrong]
    waited = [trial for trial in trials if trial.waited]
    untouched = [trial for trial in trials if trial.untouched]
    with capsys.disabled():
        sys.stdout.write(
            f"\n{case.name}: tried {len(trials)}, converged {len(trials) - len(wrong)}, "
            f"{len(waited)} of them once what was begun had ended, {len(untouched)} with nothing "
            "written\n"
        )
    assert not wrong, "\n".join(wrong)
