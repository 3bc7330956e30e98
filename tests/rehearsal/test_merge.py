"""A merge: staging, then production after approval; stale plans, failures and cancelled runs."""

from collections.abc import Mapping
from typing import Any

import pytest

from arbor_names import naming
from rehearsal.conftest import Scenario, both_subjects
from rehearsal.runs import CANCELLED, FAILURE, SKIPPED, SUCCESS, WAITING, Event, Job, Run

MERGE = Event(name="push")


def merge(scenario: Scenario, event: Event = MERGE) -> Run:
    return scenario.rehearsal.run("up.yml", event)


def waits(scenario: Scenario, run: Run) -> None:
    """GitHub lists the run as waiting for production."""
    listed = {
        "id": run.number * 100,
        "run_number": run.number,
        "path": ".github/workflows/up.yml",
        "status": "waiting",
        "event": "push",
        "display_title": "Another cache",
        "head_sha": scenario.github.main,
        "html_url": f"https://github.com/runs/{run.number}",
    }
    scenario.github.runs.append(listed)
    scenario.github.pending[run.number * 100] = "production"


@both_subjects
def test_staging_is_applied_and_then_production_after_approval(scenario: Scenario) -> None:
    run = merge(scenario)
    assert run.result == SUCCESS, run.results()
    assert [job.name for job in run.jobs if job.environment] == [
        "staging/apply",
        "production/apply",
    ]
    assert run.approvals == ["production"]
    assert scenario.applied == [
        ("staging", scenario.github.main),
        ("production", scenario.github.main),
    ]
    for stack in ("staging", "production"):
        assert run[f"{stack}/plan"].role.endswith(naming.ci_preview_role(stack))
        assert run[f"{stack}/apply"].role.endswith(naming.ci_deploy_role(stack))
        assert run[f"{stack}/apply"].line["group"] == f"stack-{stack}"
        assert run[f"{stack}/result"].role == ""


def test_without_changes_no_approval_is_requested(scenario: Scenario) -> None:
    scenario.changes = {"staging": 1, "production": 0}
    run = merge(scenario)
    assert run.result == SUCCESS
    assert run.approvals == []
    assert run["production/apply"].result == SKIPPED
    assert scenario.applied == [("staging", scenario.github.main)]


def test_a_rejected_production_is_unchanged_and_staging_stays(scenario: Scenario) -> None:
    scenario.rehearsal.approve = lambda _environment, _run: FAILURE
    run = merge(scenario)
    assert run.result == FAILURE
    assert scenario.applied == [("staging", scenario.github.main)]
    assert run["production/apply"].commands == []
    assert run["production/result"].result == SKIPPED  # no apply, no result
    assert len(scenario.github.statuses) == 1


def test_a_failed_staging_stops_production_and_its_result_is_posted(scenario: Scenario) -> None:
    scenario.applies["staging"] = "failed"
    run = merge(scenario)
    assert run["staging/apply"].failed.startswith("exec .venv/bin/python -m pipeline apply")
    assert [one["state"] for one in scenario.github.statuses] == ["failure"]
    assert run["staging/result"].result == SUCCESS
    assert run.approvals == []
    assert scenario.github.dispatched == []
    assert {job.result for job in run.jobs if job.name.startswith("production")} <= {SKIPPED}
    assert any("failed" in one["body"] for one in scenario.github.comments[7])


@pytest.mark.parametrize("result", ["refused", "cancelled"])
def test_any_other_end_of_an_apply_posts_its_report(scenario: Scenario, result: str) -> None:
    scenario.applies["production"] = result
    run = merge(scenario)
    assert run["production/apply"].result == FAILURE
    assert "applied-production" in run.artifacts
    assert scenario.github.dispatched == []


def test_a_plan_that_became_stale_is_planned_and_approved_again(scenario: Scenario) -> None:
    planned = scenario.github.main

    def late(_environment: str, _run: Run) -> str:
        if scenario.github.main == planned:
            scenario.github.merge("config/settings.py")
        return SUCCESS

    scenario.rehearsal.approve = late
    run = merge(scenario)
    assert run["production/apply"].failed.startswith(".venv/bin/python -m pipeline newest")
    assert scenario.applied == [("staging", planned)]
    (started,) = scenario.github.dispatched
    assert started["workflow"] == "up.yml"
    assert started["ref"] == "main"

    second = merge(scenario, Event(name="workflow_dispatch", inputs=started["inputs"]))
    assert second.result == SUCCESS, second.results()
    assert second.approvals == ["production"]
    assert scenario.applied[-1] == ("production", scenario.github.main)
    assert scenario.github.main != planned
    assert second["production/result"].commands[-2][-1] == "1"  # the number of stale plans so far


def test_documents_merged_meanwhile_keep_the_plan(scenario: Scenario) -> None:
    planned = scenario.github.main

    def late(_environment: str, _run: Run) -> str:
        scenario.github.merge("docs/state.md", "README.md")
        return SUCCESS

    scenario.rehearsal.approve = late
    assert merge(scenario).result == SUCCESS
    assert scenario.applied[-1] == ("production", planned)


def test_a_plan_that_the_engine_finds_stale_is_planned_again(scenario: Scenario) -> None:
    scenario.applies["staging"] = "stale"
    run = merge(scenario)
    assert run.approvals == []
    (started,) = scenario.github.dispatched
    assert started["inputs"] == {"stack": "both", "allow": "nothing", "again": "1"}


def test_repeatedly_stale_plans_end(scenario: Scenario) -> None:
    scenario.applies["staging"] = "stale"
    inputs = {"again": "3", "allow": "nothing", "stack": "both"}
    run = merge(scenario, Event(name="workflow_dispatch", inputs=inputs))
    assert run["staging/result"].result == FAILURE
    assert scenario.github.dispatched == []


def test_a_second_merge_cancels_the_approval_of_the_first(scenario: Scenario) -> None:
    scenario.rehearsal.approve = lambda _environment, _run: WAITING
    first = merge(scenario)
    assert first.result == WAITING
    assert scenario.applied == [("staging", first["staging/plan"].commit)]
    waits(scenario, first)

    scenario.github.merge("components/cache.py")
    scenario.rehearsal.approve = lambda _environment, _run: SUCCESS
    second = merge(scenario)
    assert scenario.github.cancelled == [first.number * 100]
    assert second.result == SUCCESS
    assert scenario.applied[1:] == [
        ("staging", scenario.github.main),
        ("production", scenario.github.main),
    ]


def test_a_rerun_plans_mains_newest_commit(scenario: Scenario) -> None:
    old = Event(name="push", sha=scenario.github.main)
    merge(scenario, old)
    newest = scenario.github.merge("components/cache.py")
    again = merge(scenario, old)
    assert again["production/plan"].commit == newest
    assert scenario.applied[-1] == ("production", newest)


def test_a_cancelled_run_stops_and_its_result_is_posted(scenario: Scenario) -> None:
    def cancelled(
        options: dict[str, Any], environment: Mapping[str, str], job: Job
    ) -> tuple[int, str]:
        run.cancelled = True
        return play(options, environment, job)

    play = scenario.commands.plays["apply"]
    scenario.applies["staging"] = "cancelled"
    run = Run(workflow="up.yml", event=MERGE, number=0)

    def approve(_environment: str, _run: Run) -> str:
        raise AssertionError("an approval is requested")

    scenario.rehearsal.approve = approve
    scenario.commands.plays["apply"] = cancelled
    scenario.rehearsal.walk(run)
    assert run["staging/apply"].result == CANCELLED
    assert "applied-staging" in run.artifacts
    assert run["staging/result"].result == SUCCESS
    assert "production/plan" not in {job.name for job in run.jobs if job.commands}


@pytest.mark.parametrize("ref", ["refs/heads/another", "refs/tags/v1.2.3"])
def test_other_branches_and_tags_start_no_up(scenario: Scenario, ref: str) -> None:
    run = merge(scenario, Event(name="workflow_dispatch", ref=ref))
    assert {job.result for job in run.jobs} == {SKIPPED}


def test_one_stack_by_hand_with_allow(scenario: Scenario) -> None:
    inputs = {"stack": "production", "allow": "first-start"}
    run = merge(scenario, Event(name="workflow_dispatch", inputs=inputs))
    assert run.result == SUCCESS, run.results()
    assert scenario.applied == [("production", scenario.github.main)]
    assert scenario.commands.of("apply")[0]["allow"] == ["first-start"]


def test_a_session_over_the_roles_maximum_fails_at_sign_in(scenario: Scenario) -> None:
    scenario.rehearsal.longest = 3600  # a role that is older than its new maximum
    run = merge(scenario)
    assert "configure-aws-credentials" in run["staging/apply"].failed
    assert scenario.applied == []


def test_a_skipped_apply_is_reported_as_unchanged(scenario: Scenario) -> None:
    scenario.rehearsal.longest = 3600  # the sign-in of each job that writes fails
    merge(scenario)
    (posted,) = [one["body"] for one in scenario.github.comments[7]]
    assert "The apply of staging did not start" in posted
    assert "operate cancel" not in posted


@pytest.mark.parametrize(
    ("variables", "backends"),
    [
        ({}, ("own", "own")),
        ({"PULUMI_BACKEND_URL": "s3://common"}, ("s3://common", "s3://common")),
        (
            {"PULUMI_BACKEND_URL": "s3://common", "PULUMI_BACKEND_URL_STAGING": "s3://moved"},
            ("s3://moved", "s3://common"),
        ),
    ],
)
def test_the_engine_uses_the_stacks_backend_or_the_variable(
    scenario: Scenario, variables: dict[str, str], backends: tuple[str, str]
) -> None:
    scenario.github.variables = variables
    merge(scenario)
    for stack, backend in zip(("staging", "production"), backends, strict=True):
        expected = scenario.own_backend(stack) if backend == "own" else backend
        assert scenario.backends[stack] == {expected}
