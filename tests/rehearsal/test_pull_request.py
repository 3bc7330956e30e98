"""A pull request, a fork's, Dependabot's and a merge queue."""

from typing import Any

import pytest

from arbor_names import naming
from rehearsal.conftest import STACKS, World, both_subjects
from rehearsal.runs import FAILURE, SKIPPED, SUCCESS, Event, Run
from rehearsal.tokens import trusted

HEAD, BASE = "e" * 40, "d" * 40


def event(world: World, *, head: str = "", author: str = "octocat") -> Event:
    described: dict[str, Any] = {
        "number": 7,
        "head": {"repo": {"full_name": head or world.github.repository}, "sha": HEAD},
        "base": {"sha": BASE},
        "user": {"login": author},
    }
    return Event(
        name="pull_request",
        ref="refs/pull/7/merge",
        sha="f" * 40,
        payload={"pull_request": described},
    )


def opened(world: World, **kind: str) -> Run:
    return world.rehearsal.run("preview.yml", event(world, **kind))


def names(run: Run, prefix: str) -> set[str]:
    return {job.name for job in run.jobs if job.name.startswith(prefix) and job.result != SKIPPED}


@both_subjects
def test_a_pull_request_is_tested_and_previewed_into_one_comment(world: World) -> None:
    run = opened(world)
    assert run["passed"].result == SUCCESS, run.results()
    for stack in STACKS:
        job = run[f"preview ({stack})"]
        assert job.role.endswith(naming.ci_preview_role(stack))
        assert job.permissions == {"contents": "read", "id-token": "write"}
    assert [job.role for job in run.jobs if "apply" in str(job.commands)] == []
    (comment,) = world.github.comments[7]
    assert "staging" in comment["body"]
    assert "production" in comment["body"]
    opened(world)
    assert len(world.github.comments[7]) == 1
    assert run.approvals == []


def test_a_preview_without_a_report_is_commented_and_fails_the_check(world: World) -> None:
    world.unreadable = {"production"}
    run = opened(world)
    assert run["passed"].result == FAILURE
    assert run["comment"].result == SUCCESS
    (comment,) = world.github.comments[7]
    assert "production" in comment["body"]


@pytest.mark.parametrize(
    "kind", [{"head": "somebody/infrastructure"}, {"author": "dependabot[bot]"}]
)
def test_a_fork_and_dependabot_get_no_credentials_and_are_not_blocked(
    world: World, kind: dict[str, str]
) -> None:
    run = opened(world, **kind)
    assert run["passed"].result == SUCCESS, run.results()
    assert names(run, "preview (") == set()
    assert run["comment"].result == SKIPPED
    for stack in STACKS:
        job = run[f"preview-without-credentials ({stack})"]
        assert job.permissions == {"contents": "read"}
        assert job.role == ""
    for options in world.commands.of("preview"):
        assert options["in_emulated"]
        assert options["base"].name == "base"
    assert world.github.requested == []


def test_a_merge_queue_runs_the_tests_and_assumes_no_role(world: World) -> None:
    queue = Event(name="merge_group", ref="refs/heads/gh-readonly-queue/main/pr-7", sha="f" * 40)
    run = world.rehearsal.run("preview.yml", queue)
    assert run["passed"].result == SUCCESS
    assert {job.role for job in run.jobs} == {""}
    assert len(names(run, "checks")) > 5


def test_a_failed_test_fails_the_required_check(world: World) -> None:
    def make(words: list[str], environment: Any, job: Any) -> tuple[int, str]:
        if words[:2] == ["make", "unit"]:
            return 2, ""
        return world.commands(words, environment, job)

    world.rehearsal.command = make
    run = opened(world)
    assert run["checks (unit)"].result == FAILURE
    assert run["passed"].result == FAILURE


@both_subjects
def test_pull_requests_get_no_role_that_writes(world: World) -> None:
    """A changed workflow can request any role; the trust policies decide."""
    run = opened(world)
    token = run["preview (staging)"].identity.token(immutable=world.rehearsal.immutable)
    for role, document in world.rehearsal.trust.items():
        assert trusted(document, token) == role.endswith("-ci-preview"), role
