"""A pull request, a fork's, Dependabot's and a merge queue."""

from typing import Any

import pytest

from arbor_names import naming
from rehearsal.conftest import STACKS, Scenario, both_subjects
from rehearsal.runs import FAILURE, SKIPPED, SUCCESS, Event, Run
from rehearsal.tokens import trusted

HEAD, BASE = "e" * 40, "d" * 40


def event(scenario: Scenario, *, head: str = "", author: str = "octocat") -> Event:
    described: dict[str, Any] = {
        "number": 7,
        "head": {"repo": {"full_name": head or scenario.github.repository}, "sha": HEAD},
        "base": {"sha": BASE},
        "user": {"login": author},
    }
    return Event(
        name="pull_request",
        ref="refs/pull/7/merge",
        sha="f" * 40,
        payload={"pull_request": described},
    )


def opened(scenario: Scenario, **kind: str) -> Run:
    return scenario.rehearsal.run("preview.yml", event(scenario, **kind))


def names(run: Run, prefix: str) -> set[str]:
    return {job.name for job in run.jobs if job.name.startswith(prefix) and job.result != SKIPPED}


@both_subjects
def test_a_pull_request_is_tested_and_previewed_into_one_comment(scenario: Scenario) -> None:
    run = opened(scenario)
    assert run["passed"].result == SUCCESS, run.results()
    for stack in STACKS:
        job = run[f"preview ({stack})"]
        assert job.role.endswith(naming.ci_preview_role(stack))
        assert job.permissions == {"contents": "read", "id-token": "write"}
    assert [job.role for job in run.jobs if "apply" in str(job.commands)] == []
    (comment,) = scenario.github.comments[7]
    assert "staging" in comment["body"]
    assert "production" in comment["body"]
    opened(scenario)
    assert len(scenario.github.comments[7]) == 1
    assert run.approvals == []


def test_a_preview_without_a_report_is_commented_and_fails_the_check(scenario: Scenario) -> None:
    scenario.unreadable = {"production"}
    run = opened(scenario)
    assert run["passed"].result == FAILURE
    assert run["comment"].result == SUCCESS
    (comment,) = scenario.github.comments[7]
    assert "production" in comment["body"]


@pytest.mark.parametrize(
    "kind", [{"head": "other-owner/infrastructure"}, {"author": "dependabot[bot]"}]
)
def test_a_fork_and_dependabot_get_no_credentials_and_are_not_blocked(
    scenario: Scenario, kind: dict[str, str]
) -> None:
    run = opened(scenario, **kind)
    assert run["passed"].result == SUCCESS, run.results()
    assert names(run, "preview (") == set()
    assert run["comment"].result == SKIPPED
    for stack in STACKS:
        job = run[f"preview-without-credentials ({stack})"]
        assert job.permissions == {"contents": "read"}
        assert job.role == ""
    for options in scenario.commands.of("preview"):
        assert options["in_emulated"]
        assert options["base"].name == "base"
    assert scenario.github.requested == []


def test_a_merge_queue_runs_the_tests_and_assumes_no_role(scenario: Scenario) -> None:
    queue = Event(name="merge_group", ref="refs/heads/gh-readonly-queue/main/pr-7", sha="f" * 40)
    run = scenario.rehearsal.run("preview.yml", queue)
    assert run["passed"].result == SUCCESS
    assert {job.role for job in run.jobs} == {""}
    assert len(names(run, "checks")) > 5


def test_a_failed_test_fails_the_required_check(scenario: Scenario) -> None:
    def make(words: list[str], environment: Any, job: Any) -> tuple[int, str]:
        if words[:2] == ["make", "unit"]:
            return 2, ""
        return scenario.commands(words, environment, job)

    scenario.rehearsal.command = make
    run = opened(scenario)
    assert run["checks (unit)"].result == FAILURE
    assert run["passed"].result == FAILURE


@both_subjects
def test_pull_requests_get_no_role_that_writes(scenario: Scenario) -> None:
    """A changed workflow can request any role; the trust policies decide."""
    run = opened(scenario)
    token = run["preview (staging)"].identity.token(immutable=scenario.rehearsal.immutable)
    for role, document in scenario.rehearsal.trust.items():
        assert trusted(document, token) == role.endswith("-ci-preview"), role
