"""The outcome of an apply is posted to each place, independently of the others."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import responses
from typer.testing import CliRunner

from pipeline.__main__ import app
from pipeline.apply import outcome
from pipeline.apply.outcome import Outcome, continues
from pipeline.apply.result import render
from pipeline.github import API
from pipeline.job import Job

BASE = f"{API}/repos/arbor/infrastructure"
HOOK = "https://chat.example/hook"
COMMIT = "c" * 40
BOT = {"type": "Bot"}
CANCEL = "`python -m pipeline operate cancel --stack staging`"
HELD = "The engine is still running and holds the lock of staging."


def ended(result: str, **more: Any) -> Outcome:
    job = Job(commit=COMMIT, run="https://github.com/arbor/infrastructure/actions/runs/1", at="now")
    found = Outcome(stack="staging", result=result, job=job, **more)
    if result in {outcome.FAILED, outcome.CANCELLED}:
        found.next = continues(found)
    return found


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[responses.RequestsMock]:
    monkeypatch.setenv("GITHUB_REPOSITORY", "arbor/infrastructure")
    monkeypatch.setenv("GITHUB_TOKEN", "not-a-token")
    monkeypatch.setenv("GITHUB_SHA", COMMIT)
    monkeypatch.setenv("CHAT_WEBHOOK", HOOK)
    with responses.RequestsMock() as mock:
        yield mock


def result(tmp_path: Path, reported: Outcome | None, *words: str) -> Any:
    file = tmp_path / "apply.json"
    if reported:
        reported.write(file)
    return CliRunner().invoke(app, ["result", "--stack", "staging", "--report", str(file), *words])


def body(api: responses.RequestsMock, method: str, address: str) -> dict[str, Any]:
    (found,) = [
        c.request for c in api.calls if (c.request.method, c.request.url) == (method, address)
    ]
    assert isinstance(found.body, bytes)
    sent: dict[str, Any] = json.loads(found.body)
    return sent


def stubs(api: responses.RequestsMock, pulls: list[dict[str, Any]]) -> None:
    api.get(f"{BASE}/commits/{COMMIT}/pulls", json=pulls)
    if pulls:
        api.get(f"{BASE}/issues/7/comments", json=[])
        api.post(f"{BASE}/issues/7/comments", json={"html_url": "https://comment"})
    api.get(f"{BASE}/deployments", json=[{"id": 5}])
    api.post(f"{BASE}/deployments/5/statuses", json={"url": "https://status"})


MERGED = [{"number": 7, "merged_at": "now", "merge_commit_sha": COMMIT}]


def test_a_success_is_posted_to_the_pull_request_and_not_to_the_chat(
    api: responses.RequestsMock, tmp_path: Path
) -> None:
    stubs(api, MERGED)
    done = result(tmp_path, ended(outcome.DONE, done=["updated firewall-acl"]), "--post")
    assert done.exit_code == 0, done.output
    comment = body(api, "POST", f"{BASE}/issues/7/comments")["body"]
    assert comment.startswith("<!-- arbor apply staging -->\n")
    assert "**applied**" in comment
    assert "`updated firewall-acl`" in comment
    assert body(api, "POST", f"{BASE}/deployments/5/statuses")["state"] == "success"


def test_a_failure_is_posted_to_all_three(api: responses.RequestsMock, tmp_path: Path) -> None:
    stubs(api, MERGED)
    api.post(HOOK, body="ok")
    failed = ended(outcome.FAILED, reasons=["No capacity."], failed=["create db"], lock=HELD)
    assert result(tmp_path, failed, "--post").exit_code == 0
    comment = body(api, "POST", f"{BASE}/issues/7/comments")["body"]
    assert comment.index("failed midway") < comment.index("No capacity.")
    assert comment.index(f"1. {CANCEL}") < comment.index("`create db`")
    assert body(api, "POST", f"{BASE}/deployments/5/statuses")["state"] == "failure"
    assert "staging: failed midway\nNo capacity." in body(api, "POST", HOOK)["text"]


def test_a_push_without_a_pull_request_is_posted_to_the_others(
    api: responses.RequestsMock, tmp_path: Path
) -> None:
    stubs(api, [])
    done = result(tmp_path, ended(outcome.DONE), "--post")
    assert done.exit_code == 0
    assert "did not come from a merged pull request" in done.output


def test_a_refusal_of_github_does_not_stop_the_chat_message(
    api: responses.RequestsMock, tmp_path: Path
) -> None:
    api.get(f"{BASE}/commits/{COMMIT}/pulls", status=403, json={})
    api.get(f"{BASE}/deployments", status=403, json={})
    api.post(HOOK, body="ok")
    done = result(tmp_path, ended(outcome.FAILED, failed=["create db"]), "--post")
    assert done.exit_code == 1
    assert "403" in done.output
    assert "failed midway" in body(api, "POST", HOOK)["text"]


def test_a_missing_report_is_a_failure_with_unknown_changes(tmp_path: Path) -> None:
    done = result(tmp_path, None)
    assert done.exit_code == 0
    assert "The apply left no report" in done.output
    assert "The holder of the lock of staging is unknown." in done.output
    assert f"1. {CANCEL}" in done.output


def test_a_skipped_apply_changed_nothing_and_left_no_lock(tmp_path: Path) -> None:
    done = result(tmp_path, None, "--step", "skipped")
    assert done.exit_code == 0
    assert "**refused, no change made**" in done.output
    assert "did not start: an earlier step failed, or the job was cancelled." in done.output
    assert "1. Fix the cause and run the workflow `up` again." in done.output
    assert "lock" not in done.output
    assert CANCEL not in done.output


@pytest.mark.parametrize("step", ["", "failure", "cancelled"])
def test_a_started_apply_without_a_report_may_hold_the_lock(tmp_path: Path, step: str) -> None:
    assert f"1. {CANCEL}" in result(tmp_path, None, "--step", step).output


def test_a_steps_outcome_is_one_of_githubs(tmp_path: Path) -> None:
    done = result(tmp_path, None, "--step", "ok")
    assert done.exit_code == 2
    assert "--step is ok; allowed: success, failure, cancelled, skipped." in done.output


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("{", "is not a report of `python -m pipeline apply`; run that again.\n"),
        ("[]", "is not a report of `python -m pipeline apply`; run that again.\n"),
        ("{}", "is not a report of `python -m pipeline apply`; run that again.\n"),
        (
            '{"stack": "staging", "changes": []}',
            "a preview's report; use `python -m pipeline comment`",
        ),
        (
            '{"stack": "staging", "result": "fine", "job": {}}',
            "has the result fine; allowed: done, ",
        ),
    ],
)
def test_any_other_file_is_refused_in_one_sentence(tmp_path: Path, text: str, printed: str) -> None:
    (tmp_path / "apply.json").write_text(text)
    done = result(tmp_path, None)
    assert done.exit_code == 2
    assert printed in done.output
    assert len(done.output.splitlines()) == 1


def test_a_killed_job_is_reported_as_such(tmp_path: Path) -> None:
    killed = ended(outcome.RUNNING, done=["created a"], begun=["create b"], lock=HELD)
    killed.next = continues(killed)
    text = result(tmp_path, killed).output
    assert "**killed before it ended**" in text
    assert "`create b`" in text


def test_the_report_of_another_stack_is_refused(tmp_path: Path) -> None:
    other = ended(outcome.DONE)
    other.stack = "production"
    done = result(tmp_path, other)
    assert done.exit_code == 2
    assert "is of production, and --stack is staging" in done.output


def test_messages_of_aws_are_plain_text() -> None:
    hostile = ended(outcome.FAILED, reasons=["<h1>fine</h1> @owner", "```\n# fine"])
    text = render(hostile)
    assert "<h1>" not in text
    assert "@owner" not in text
    assert "````text\n```\n# fine\n````" in text


def test_a_stale_plan_is_planned_again() -> None:
    stale = ended(outcome.STALE, reasons=["The approved plan is stale."], next=[outcome.PLAN_AGAIN])
    assert "1. Run the workflow" in render(stale)
