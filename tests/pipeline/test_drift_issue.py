"""The nightly report of stacks that have drifted, and of those that could not be checked."""

import json
import traceback
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from typer.testing import CliRunner

from pipeline.__main__ import app
from pipeline.apply import chat
from pipeline.drift.issue import LABEL, NO_DRIFT, Nightly
from pipeline.github import API
from pipeline.report.report import Drift, Report

BASE = f"{API}/repos/arbor/infrastructure"
HOOK = "https://chat.example/hook/of-secrets"
FOUND = Drift(token="t", resource="database", property="port", advice="Keep `5433`.")
BOTH = ("--expect", "staging", "--expect", "production")


@pytest.fixture(autouse=True)
def _job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GITHUB_REPOSITORY", "arbor/infrastructure")
    monkeypatch.setenv("GITHUB_TOKEN", "not-a-token")
    monkeypatch.delenv("CHAT_WEBHOOK", raising=False)
    monkeypatch.chdir(tmp_path)


def wrote(
    stack: str, drift: list[Drift] | None, failure: str = "", unrotated: list[str] | None = None
) -> None:
    report = Report(stack=stack, drift=drift, failure=failure, unrotated=unrotated or [])
    report.write(Path(f"report-{stack}.json"))


def files() -> list[str]:
    return [str(file) for file in sorted(Path().glob("report-*.json"))] or ["report-*.json"]


def issue(*words: str) -> Any:
    return CliRunner().invoke(app, ["issue", *BOTH, *words, *files()])


def test_the_issue_is_closed_when_every_stack_was_checked_without_drift() -> None:
    wrote("staging", [])
    wrote("production", [])
    with responses.RequestsMock() as api:
        api.get(f"{BASE}/issues", json=[{"number": 9}])
        api.post(f"{BASE}/issues/9/comments", json={})
        api.patch(f"{BASE}/issues/9", json={})
        done = issue("--post")
    assert done.exit_code == 0, done.output
    assert NO_DRIFT in done.output


def test_a_missing_report_is_a_failure_and_keeps_the_issue_open() -> None:
    wrote("staging", [])
    with responses.RequestsMock() as api:
        api.get(f"{BASE}/issues", json=[])
        api.post(f"{BASE}/issues", json={"html_url": "https://there"})
        done = issue("--post")
        sent = api.calls[-1].request.body
    assert done.exit_code == 1
    assert "production left no report" in done.output
    assert b"Not every stack was checked" in sent  # type: ignore[operator] # bytes


def test_a_broken_stack_does_not_hide_the_drift_of_another() -> None:
    wrote("staging", None, "The preview failed: no credentials")
    wrote("production", [FOUND])
    done = issue()
    assert done.exit_code == 1
    assert "### production\n\n- Keep `5433`." in done.output
    assert "staging was not checked: The preview failed: no credentials" in done.output


def test_drift_alone_does_not_fail_the_job() -> None:
    wrote("staging", [FOUND])
    wrote("production", [])
    assert issue().exit_code == 0


def test_an_unrotated_secret_keeps_the_issue_open() -> None:
    wrote("staging", [], unrotated=["`arbor/staging/db` still has its first value."])
    wrote("production", [])
    with responses.RequestsMock() as api:
        api.get(f"{BASE}/issues", json=[])
        api.post(f"{BASE}/issues", json={"html_url": "https://there"})
        done = issue("--post")
        body = api.calls[-1].request.body
    assert done.exit_code == 0, done.output
    assert isinstance(body, bytes)
    sent = json.loads(body)
    assert sent["title"] == "Secrets to rotate in staging"
    assert "- `arbor/staging/db` still has its first value." in sent["body"]


def test_a_pattern_that_matches_nothing_names_every_stack() -> None:
    done = issue()
    assert done.exit_code == 1
    assert "staging left no report" in done.output
    assert "production left no report" in done.output


def test_a_missing_file_without_an_expected_stack_is_reported() -> None:
    wrote("staging", [])
    done = CliRunner().invoke(app, ["issue", "report-staging.json", "report-production.json"])
    assert done.exit_code == 1
    assert "report-production.json is missing: its stack was not checked." in done.output
    assert NO_DRIFT not in done.output


def test_a_missing_file_of_an_expected_stack_is_one_sentence() -> None:
    wrote("staging", [])
    done = CliRunner().invoke(
        app, ["issue", *BOTH, "report-staging.json", "report-production.json"]
    )
    assert "production left no report" in done.output
    assert "is missing" not in done.output


def test_an_invalid_report_is_listed_with_the_others() -> None:
    wrote("staging", [FOUND])
    Path("report-production.json").write_text("{")
    done = issue()
    assert "is not a report of `python -m pipeline preview`" in done.output
    assert "Keep `5433`." in done.output


def test_without_reports_and_expected_stacks_the_issue_stays() -> None:
    assert NO_DRIFT not in Nightly.read([], ()).text


def test_the_chat_gets_the_address_and_errors_omit_the_webhook(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrote("staging", [FOUND])
    wrote("production", [])
    monkeypatch.setenv("CHAT_WEBHOOK", HOOK)
    with responses.RequestsMock() as api:
        api.get(f"{BASE}/issues", json=[{"number": 9, "labels": [LABEL]}])
        api.patch(f"{BASE}/issues/9", json={"html_url": "https://issue"})
        api.post(HOOK, body="ok")
        assert issue("--post").exit_code == 0
        assert api.calls[-1].request.body == b'{"text": "Drift in staging: https://issue"}'
        api.replace("POST", HOOK, body=requests.ConnectionError(f"no route to {HOOK}"))
        failed = issue("--post")
        with pytest.raises(chat.ChatError) as refused:
            chat.send("again")
    assert failed.exit_code == 1
    assert HOOK not in failed.output
    assert "CHAT_WEBHOOK" in failed.output
    assert HOOK not in "".join(traceback.format_exception(refused.value))
