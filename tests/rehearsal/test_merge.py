"""A merge: staging, then production after approval; stale plans, failures and cancelled runs."""

from collections.abc import Mapping
from typing import Any

import pytest

from arbor_names import naming
from rehearsal.conftest import World, both_subjects
from rehearsal.runs import CANCELLED, FAILURE, SKIPPED, SUCCESS, WAITING, Event, Job, Run

MERGE = Event(name="push")


def merge(world: World, event: Event = MERGE) -> Run:
    return world.rehearsal.run("up.yml", event)


def waits(world: World, run: Run) -> None:
    """GitHub lists the run as waiting for production."""
    listed = {
        "id": run.number * 100,
        "run_number": run.number,
        "path": ".github/workflows/up.yml",
        "status": "waiting",
        "event": "push",
        "display_title": "Another cache",
        "head_sha": world.github.main,
        "html_url": f"https://github.com/runs/{run.number}",
    }
    world.github.runs.append(listed)
    world.github.pending[run.number * 100] = "production"


@both_subjects
def test_staging_is_applied_and_then_production_after_approval(world: World) -> None:
    run = merge(world)
    assert run.result == SUCCESS, run.results()
    assert [job.name for job in run.jobs if job.environment] == [
        "staging/apply",
        "production/apply",
    ]
    assert run.approvals == ["production"]
    assert world.applied == [("staging", world.github.main), ("production", world.github.main)]
    for stack in ("staging", "production"):
        assert run[f"{stack}/plan"].role.endswith(naming.ci_preview_role(stack))
        assert run[f"{stack}/apply"].role.endswith(naming.ci_deploy_role(stack))
        assert run[f"{stack}/apply"].line["group"] == f"stack-{stack}"
        assert run[f"{stack}/result"].role == ""


def test_without_changes_no_approval_is_requested(world: World) -> None:
    world.changes = {"staging": 1, "production": 0}
    run = merge(world)
    assert run.result == SUCCESS
    assert run.approvals == []
    assert run["production/apply"].result == SKIPPED
    assert world.applied == [("staging", world.github.main)]


def test_a_rejected_production_is_unchanged_and_staging_stays(world: World) -> None:
    world.rehearsal.approve = lambda _environment, _run: FAILURE
    run = merge(world)
    assert run.result == FAILURE
    assert world.applied == [("staging", world.github.main)]
    assert run["production/apply"].commands == []
    assert run["production/result"].result == SKIPPED  # no apply, no result
    assert len(world.github.statuses) == 1


def test_a_failed_staging_stops_production_and_its_result_is_posted(world: World) -> None:
    world.applies["staging"] = "failed"
    run = merge(world)
    assert run["staging/apply"].failed.startswith("exec .venv/bin/python -m pipeline apply")
    assert [one["state"] for one in world.github.statuses] == ["failure"]
    assert run["staging/result"].result == SUCCESS
    assert run.approvals == []
    assert world.github.dispatched == []
    assert {job.result for job in run.jobs if job.name.startswith("production")} <= {SKIPPED}
    assert any("failed" in one["body"] for one in world.github.comments[7])


@pytest.mark.parametrize("result", ["refused", "cancelled"])
def test_any_other_end_of_an_apply_posts_its_report(world: World, result: str) -> None:
    world.applies["production"] = result
    run = merge(world)
    assert run["production/apply"].result == FAILURE
    assert "applied-production" in run.artifacts
    assert world.github.dispatched == []


def test_a_plan_that_became_stale_is_planned_and_approved_again(world: World) -> None:
    planned = world.github.main

    def late(_environment: str, _run: Run) -> str:
        if world.github.main == planned:
            world.github.merge("config/settings.py")
        return SUCCESS

    world.rehearsal.approve = late
    run = merge(world)
    assert run["production/apply"].failed.startswith(".venv/bin/python -m pipeline newest")
    assert world.applied == [("staging", planned)]
    (started,) = world.github.dispatched
    assert started["workflow"] == "up.yml"
    assert started["ref"] == "main"

    second = merge(world, Event(name="workflow_dispatch", inputs=started["inputs"]))
    assert second.result == SUCCESS, second.results()
    assert second.approvals == ["production"]
    assert world.applied[-1] == ("production", world.github.main)
    assert world.github.main != planned
    assert second["production/result"].commands[-2][-1] == "1"  # the number of stale plans so far


def test_documents_merged_meanwhile_keep_the_plan(world: World) -> None:
    planned = world.github.main

    def late(_environment: str, _run: Run) -> str:
        world.github.merge("docs/state.md", "README.md")
        return SUCCESS

    world.rehearsal.approve = late
    assert merge(world).result == SUCCESS
    assert world.applied[-1] == ("production", planned)


def test_a_plan_that_the_engine_finds_stale_is_planned_again(world: World) -> None:
    world.applies["staging"] = "stale"
    run = merge(world)
    assert run.approvals == []
    (started,) = world.github.dispatched
    assert started["inputs"] == {"stack": "both", "allow": "nothing", "again": "1"}


def test_repeatedly_stale_plans_end(world: World) -> None:
    world.applies["staging"] = "stale"
    inputs = {"again": "3", "allow": "nothing", "stack": "both"}
    run = merge(world, Event(name="workflow_dispatch", inputs=inputs))
    assert run["staging/result"].result == FAILURE
    assert world.github.dispatched == []


def test_a_second_merge_cancels_the_approval_of_the_first(world: World) -> None:
    world.rehearsal.approve = lambda _environment, _run: WAITING
    first = merge(world)
    assert first.result == WAITING
    assert world.applied == [("staging", first["staging/plan"].commit)]
    waits(world, first)

    world.github.merge("components/cache.py")
    world.rehearsal.approve = lambda _environment, _run: SUCCESS
    second = merge(world)
    assert world.github.cancelled == [first.number * 100]
    assert second.result == SUCCESS
    assert world.applied[1:] == [("staging", world.github.main), ("production", world.github.main)]


def test_a_rerun_plans_mains_newest_commit(world: World) -> None:
    old = Event(name="push", sha=world.github.main)
    merge(world, old)
    newest = world.github.merge("components/cache.py")
    again = merge(world, old)
    assert again["production/plan"].commit == newest
    assert world.applied[-1] == ("production", newest)


def test_a_cancelled_run_stops_and_its_result_is_posted(world: World) -> None:
    def cancelled(
        options: dict[str, Any], environment: Mapping[str, str], job: Job
    ) -> tuple[int, str]:
        run.cancelled = True
        return play(options, environment, job)

    play = world.commands.plays["apply"]
    world.applies["staging"] = "cancelled"
    run = Run(workflow="up.yml", event=MERGE, number=0)

    def approve(_environment: str, _run: Run) -> str:
        raise AssertionError("an approval is requested")

    world.rehearsal.approve = approve
    world.commands.plays["apply"] = cancelled
    world.rehearsal.walk(run)
    assert run["staging/apply"].result == CANCELLED
    assert "applied-staging" in run.artifacts
    assert run["staging/result"].result == SUCCESS
    assert "production/plan" not in {job.name for job in run.jobs if job.commands}


@pytest.mark.parametrize("ref", ["refs/heads/another", "refs/tags/v1.2.3"])
def test_other_branches_and_tags_start_no_up(world: World, ref: str) -> None:
    run = merge(world, Event(name="workflow_dispatch", ref=ref))
    assert {job.result for job in run.jobs} == {SKIPPED}


def test_one_stack_by_hand_with_allow(world: World) -> None:
    inputs = {"stack": "production", "allow": "first-start"}
    run = merge(world, Event(name="workflow_dispatch", inputs=inputs))
    assert run.result == SUCCESS, run.results()
    assert world.applied == [("production", world.github.main)]
    assert world.commands.of("apply")[0]["allow"] == ["first-start"]


def test_a_session_over_the_roles_maximum_fails_at_sign_in(world: World) -> None:
    world.rehearsal.longest = 3600  # a role that is older than its new maximum
    run = merge(world)
    assert "configure-aws-credentials" in run["staging/apply"].failed
    assert world.applied == []


def test_a_skipped_apply_is_reported_as_unchanged(world: World) -> None:
    world.rehearsal.longest = 3600  # the sign-in of each job that writes fails
    merge(world)
    (posted,) = [one["body"] for one in world.github.comments[7]]
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
    world: World, variables: dict[str, str], backends: tuple[str, str]
) -> None:
    world.github.variables = variables
    merge(world)
    for stack, backend in zip(("staging", "production"), backends, strict=True):
        expected = world.own_backend(stack) if backend == "own" else backend
        assert world.backends[stack] == {expected}
