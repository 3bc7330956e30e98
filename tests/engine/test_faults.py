"""The fault table: every command that writes, each of its AWS calls, each kind of fault."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from engine_stack import Deployed
from fault_cases import CASES
from fault_wire import Copy, Place, wired
from faults import WHOLE, Case, Claims, Drill, Trial, is_slow

Record = Callable[[str, object], None]


@pytest.fixture(scope="session")
def claims(tmp_path_factory: pytest.TempPathFactory) -> Claims:
    """Shared by the workers of pytest-xdist, whose directories lie beside each other."""
    directory = tmp_path_factory.getbasetemp()
    shared = directory.parent if "PYTEST_XDIST_WORKER" in os.environ else directory
    return Claims(shared / "claimed-reads")


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name, marks=[pytest.mark.slow] if is_slow(case) else [])
        for case in CASES
    ],
)
def test_after_any_fault_the_next_run_converges(
    pristine_production: Deployed, case: Case, claims: Claims, record_property: Record
) -> None:
    pristine = Copy(port=pristine_production.port)
    with pristine.fork() as prepared, wired(prepared, "us-east-1") as wire:
        prepared.control("clock", speed=0)
        wire.client("sts").get_caller_identity()  # loaded once, before the copies are forked
        wire.client("ssm").describe_parameters()
        case.prepare(wire)
        trials = list(Drill(case=case, account=prepared, wire=wire, claims=claims).trials())
    record_property("drill_summary", drill_summary(case, trials))
    wrong = [trial for trial in trials if trial.wrong]
    assert not wrong, "\n".join(map(str, wrong))


def drill_summary(case: Case, trials: list[Trial]) -> str:
    """A line for the end of the run (conftest.py)."""
    tried = sum(len(trial.places) for trial in trials)
    wrong = sum(len(trial.places) for trial in trials if trial.wrong)
    waited = sum(trial.waited for trial in trials)
    return (
        f"{case.name}: tried {tried}, converged {tried - wrong}, {waited} of them once what was "
        "begun had ended"
    )


def test_a_call_site_is_claimed_by_one_command_and_by_each_in_the_drill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(WHOLE, raising=False)
    first, second = (Place("ecs:Describe", (line, "command")) for line in ("a.py:1", "b.py:2"))
    shared = Claims(tmp_path / "claimed")
    assert shared.claim([first]) == [first]
    assert shared.claim([first, second]) == [second]
    assert shared.claim([first, second]) == []
    monkeypatch.setenv(WHOLE, "1")
    assert shared.claim([first, second]) == [first, second]
