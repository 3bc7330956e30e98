"""Every change of config on a live stack: made without an outage, or refused with a procedure."""

import re
from collections.abc import Callable, Iterator

import pytest

from config_changes import BATCHES, CONFIG_CHANGE, REFUSED, REFUSED_BATCHES, STAGING, Case, together
from engine_stack import Deployed
from lived_in import lived_in
from pipeline.drift import drift
from pipeline.hazards import changes
from pipeline.report.steps import steps_of
from served import outages, serving


@pytest.fixture(scope="module")
def live(pristine_staging: Deployed) -> Iterator[Deployed]:
    """Staging after a release of the backend and a change of both services' counts."""
    with pristine_staging.copy() as stack:
        lived_in(stack)
        yield stack


@pytest.fixture(scope="module")
def unchanged(pristine_staging: Deployed) -> Iterator[Deployed]:
    """The same, for changes that are only previewed."""
    with pristine_staging.copy() as stack:
        lived_in(stack)
        yield stack


def record_cases(record: Callable[[str, object], None], *cases: Case) -> None:
    """Record the changes for the summary line at the end of the run."""
    for case in cases:
        record(CONFIG_CHANGE, case.name)


def refused(live: Deployed) -> list[str]:
    return changes.refusals(steps_of(live.deployment.stack.preview), live.opened.account)


def back(live: Deployed, case: Case) -> None:
    """The stack's file as committed."""
    live.deployment.configure({**dict.fromkeys(case.values()), **_as_committed(case)})


def _as_committed(case: Case) -> dict[str, object]:
    return {key: STAGING[key] for key in case.values() if key in STAGING}


def made(live: Deployed) -> None:
    """Run `up`: users are served, and values of releases and operators stay."""
    before = {app: one.release for app, one in serving(live).items()}
    assert refused(live) == []
    live.up()
    assert outages(live) == []
    after = {app: one.release for app, one in serving(live).items()}
    assert {app: after[app] for app in before.keys() & after.keys()} == {
        app: before[app] for app in before.keys() & after.keys()
    }


@pytest.mark.parametrize("cases", BATCHES, ids=lambda cases: together(*cases).name)
def test_a_change_and_its_reverse_cause_no_outage(
    live: Deployed, cases: tuple[Case, ...], record_property: Callable[[str, object], None]
) -> None:
    record_cases(record_property, *cases)
    case = together(*cases)
    live.deployment.configure(case.values())
    made(live)
    assert live.up() == []
    back(live, case)
    if case.back:
        sentences = refused(live)
        assert all(any(f'"{way}"' in sentence for sentence in sentences) for way in case.back)
        live.deployment.configure(case.values())
    else:
        made(live)
    assert drift.find(live.deployment.stack, []) == []


@pytest.mark.parametrize("names", REFUSED_BATCHES, ids=" + ".join)
def test_an_impossible_change_is_refused_with_a_procedure(
    unchanged: Deployed, names: tuple[str, ...], record_property: Callable[[str, object], None]
) -> None:
    cases = [REFUSED[name] for name in names]
    record_cases(record_property, *cases)
    case = together(*cases)
    unchanged.deployment.configure(case.values())
    try:
        sentences = refused(unchanged)
    finally:
        back(unchanged, case)
    ways = [re.findall(r'"([^"]+)" in docs/runbook.md', sentence) for sentence in sentences]
    assert {way for found in ways for way in found} == {one.refused for one in cases}
    assert all(ways)


def test_every_refusal_is_tried_once_in_separate_procedures() -> None:
    assert sorted(name for names in REFUSED_BATCHES for name in names) == sorted(REFUSED)
    for names in REFUSED_BATCHES:
        assert len({REFUSED[name].refused for name in names}) == len(names)
