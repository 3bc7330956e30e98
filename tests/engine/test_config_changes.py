"""Every change of config on a live stack: made while users are served, or refused with the way."""

from collections.abc import Callable, Iterator

import pytest

from config_changes import BATCHES, CONFIG_CHANGE, REFUSED, STAGING, Case, together
from engine_stack import Deployed
from lived_in import lived_in
from pipeline import changes, drift
from pipeline.steps import steps_of
from served import outages, serving


@pytest.fixture(scope="module")
def live(pristine_staging: Deployed) -> Iterator[Deployed]:
    """Staging with a release of the backend and another count of both services since."""
    with pristine_staging.copy() as stack:
        lived_in(stack)
        yield stack


@pytest.fixture(scope="module")
def unchanged(pristine_staging: Deployed) -> Iterator[Deployed]:
    """The same, for changes that are only previewed."""
    with pristine_staging.copy() as stack:
        lived_in(stack)
        yield stack


def tell(record: Callable[[str, object], None], *cases: Case) -> None:
    """For the line that counts the changes at the end of the run."""
    for case in cases:
        record(CONFIG_CHANGE, case.name)


def refused(live: Deployed) -> list[str]:
    return changes.refusals(steps_of(live.deployment.stack.preview), live.opened.account)


def back(live: Deployed, case: Case) -> None:
    """The stack's file as it is committed."""
    live.deployment.configure({**dict.fromkeys(case.values()), **_as_committed(case)})


def _as_committed(case: Case) -> dict[str, object]:
    return {key: STAGING[key] for key in case.values() if key in STAGING}


def made(live: Deployed) -> None:
    """`up`, then `up` without a change, no drift, and what releases and operators own stays."""
    before = {app: one.release for app, one in serving(live).items()}
    assert refused(live) == []
    live.up()
    assert live.up() == []
    assert drift.find(live.deployment.stack) == []
    assert outages(live) == []
    after = {app: one.release for app, one in serving(live).items()}
    assert {app: after[app] for app in before.keys() & after.keys()} == {
        app: before[app] for app in before.keys() & after.keys()
    }


@pytest.mark.parametrize("cases", BATCHES, ids=lambda cases: together(*cases).name)
def test_a_change_is_made_and_taken_back_while_users_are_served(
    live: Deployed, cases: tuple[Case, ...], record_property: Callable[[str, object], None]
) -> None:
    tell(record_property, *cases)
    case = together(*cases)
    live.deployment.configure(case.values())
    made(live)
    back(live, case)
    if case.back:
        sentences = refused(live)
        assert all(any(f'"{way}"' in sentence for sentence in sentences) for way in case.back)
        live.deployment.configure(case.values())
        return
    made(live)


@pytest.mark.parametrize("case", REFUSED, ids=[case.name for case in REFUSED])
def test_a_change_that_a_live_stack_cannot_take_is_refused_and_names_the_way(
    unchanged: Deployed, case: Case, record_property: Callable[[str, object], None]
) -> None:
    tell(record_property, case)
    unchanged.deployment.configure(case.values())
    try:
        sentences = refused(unchanged)
    finally:
        back(unchanged, case)
    assert sentences
    assert all(f'"{case.refused}" in docs/runbook.md' in sentence for sentence in sentences)
