"""A stale plan is found before it is applied, and one new run plans and asks for approval again."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import responses
import yaml
from typer.testing import CliRunner, Result

from pipeline.__main__ import app
from pipeline.apply import again
from pipeline.github import API, GitHubError, OutsideError
from rehearsal.expressions import filled
from rehearsal.runs import GITHUB

BASE = f"{API}/repos/arbor/infrastructure"
RUNS = f"{BASE}/actions/workflows/up.yml/runs"
OLD, NEW = "a" * 40, "b" * 40
JOB = {
    "GITHUB_REPOSITORY": "arbor/infrastructure",
    "GITHUB_RUN_NUMBER": "7",
    "GITHUB_TOKEN": "not-a-token",
}


@pytest.fixture
def api() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def pipeline(*arguments: str) -> Result:
    return CliRunner(env=JOB).invoke(app, arguments)


def main_is_at(api: responses.RequestsMock, commit: str) -> None:
    # https://docs.github.com/en/rest/git/refs#get-a-reference
    api.get(f"{BASE}/git/ref/heads/main", json={"object": {"type": "commit", "sha": commit}})


def changed_since(api: responses.RequestsMock, *files: str, status: str = "ahead") -> None:
    # https://docs.github.com/en/rest/commits/commits#compare-two-commits
    answer = {"status": status, "files": [{"filename": file} for file in files]}
    api.get(f"{BASE}/compare/{OLD}...{NEW}", json=answer)


def runs_are(api: responses.RequestsMock, *runs: dict[str, object]) -> None:
    api.get(RUNS, json={"total_count": len(runs), "workflow_runs": list(runs)})


def run(number: int, status: str, stacks: str = "") -> dict[str, object]:
    """A run after a push, or one that was started for these stacks."""
    return {
        "id": number * 100,
        "run_number": number,
        "status": status,
        "html_url": f"https://github.com/arbor/infrastructure/actions/runs/{number}00",
        "event": "workflow_dispatch" if stacks else "push",
        "display_title": f"up of {stacks}" if stacks else "up of staging's cache",
    }


def report_of(tmp_path: Path, result: str, stack: str = "production") -> str:
    file = tmp_path / "applied.json"
    file.write_text(json.dumps({"stack": stack, "result": result, "job": {}}))
    return str(file)


def newest(tmp_path: Path, commit: str) -> Result:
    file = tmp_path / "applied.json"
    return pipeline("newest", "--stack", "production", "--commit", commit, "--report", str(file))


def test_a_plan_of_mains_commit_is_current(api: responses.RequestsMock, tmp_path: Path) -> None:
    main_is_at(api, NEW)
    assert newest(tmp_path, NEW).exit_code == 0
    assert not (tmp_path / "applied.json").exists()


def test_commits_without_effect_keep_a_plan(api: responses.RequestsMock, tmp_path: Path) -> None:
    main_is_at(api, NEW)
    changed_since(api, "docs/decisions/names.md", "README.md", "tests/names/test_naming.py")
    assert newest(tmp_path, OLD).exit_code == 0


@pytest.mark.parametrize(
    "files",
    [
        ("docs/state.md", "config/settings.py"),
        ("Pulumi.production.yaml",),
        ("pipeline/apply/apply.py",),
        (".github/workflows/up.yml",),
        tuple(
            f"docs/{number}.md" for number in range(again.MOST_FILES)
        ),  # the list may be incomplete
    ],
)
def test_any_other_commit_makes_a_plan_stale(
    api: responses.RequestsMock, tmp_path: Path, files: tuple[str, ...]
) -> None:
    main_is_at(api, NEW)
    changed_since(api, *files)
    done = newest(tmp_path, OLD)
    assert done.exit_code == 4
    assert "needs a new plan" in done.stderr
    assert json.loads((tmp_path / "applied.json").read_text())["result"] == again.STALE


def test_a_commit_that_is_not_on_main_is_stale(api: responses.RequestsMock, tmp_path: Path) -> None:
    main_is_at(api, NEW)
    changed_since(api, "docs/state.md", status="diverged")
    assert newest(tmp_path, OLD).exit_code == 4


def test_a_stale_plan_starts_the_workflow_again(
    api: responses.RequestsMock, tmp_path: Path
) -> None:
    main_is_at(api, NEW)
    runs_are(api, run(7, "in_progress"), run(6, "waiting"), run(8, "completed"))
    # https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event
    api.post(f"{BASE}/actions/workflows/up.yml/dispatches", status=204)
    stale = report_of(tmp_path, again.STALE)
    asked = ("--stack", "production", "--report", stale, "--allow", "first-start", "--count", "1")
    done = pipeline("again", *asked)
    assert done.exit_code == 0, done.output
    body = api.calls[-1].request.body
    assert isinstance(body, bytes)
    wanted = {"stack": "production", "allow": "first-start", "again": "2"}
    assert json.loads(body) == {"ref": "main", "inputs": wanted}


@pytest.mark.parametrize("asked", ["both", "staging"])
def test_after_a_stale_staging_the_requested_stacks_are_planned_again(
    api: responses.RequestsMock, tmp_path: Path, asked: str
) -> None:
    main_is_at(api, NEW)
    runs_are(api)
    api.post(f"{BASE}/actions/workflows/up.yml/dispatches", status=204)
    stale = report_of(tmp_path, again.STALE, "staging")
    pipeline("again", "--stack", "staging", "--report", stale, "--asked", asked)
    body = api.calls[-1].request.body
    assert isinstance(body, bytes)
    assert json.loads(body)["inputs"]["stack"] == asked


def test_a_later_run_that_plans_main_is_enough(api: responses.RequestsMock, tmp_path: Path) -> None:
    main_is_at(api, NEW)
    runs_are(api, run(8, "queued"))
    done = pipeline("again", "--stack", "production", "--report", report_of(tmp_path, "stale"))
    assert done.exit_code == 0
    assert "runs/800 plans main's newest commit" in done.stdout


@pytest.mark.parametrize(
    ("stack", "asked", "later", "enough"),
    [
        ("production", "both", "production", True),
        ("production", "both", "both", True),
        ("production", "both", "staging", False),
        ("staging", "staging", "staging", True),
        ("staging", "staging", "production", False),
        ("staging", "both", "staging", False),  # production would stay unchanged
        ("staging", "both", "both", True),
        ("staging", "both", "another title", False),
    ],
)
def test_a_later_run_counts_only_for_the_stacks_that_it_plans(
    api: responses.RequestsMock, tmp_path: Path, stack: str, asked: str, later: str, enough: bool
) -> None:
    main_is_at(api, NEW)
    runs_are(api, run(8, "queued", later))
    if not enough:
        api.post(f"{BASE}/actions/workflows/up.yml/dispatches", status=204)
    stale = report_of(tmp_path, again.STALE, stack)
    done = pipeline("again", "--stack", stack, "--report", stale, "--asked", asked)
    assert ("runs/800 plans main's newest commit" in done.stdout) == enough


def test_the_title_of_a_run_by_hand_holds_its_stacks() -> None:
    workflow = yaml.safe_load((GITHUB / "workflows/up.yml").read_text())
    asked = workflow[True]["workflow_dispatch"]["inputs"]["stack"]["options"]
    assert sorted(asked) == sorted(again.ASKABLE)
    for stacks in asked:
        named = filled(workflow["run-name"], {"inputs": {"stack": stacks}})
        assert again.stacks_of({"event": "workflow_dispatch", "display_title": named}) == stacks
    assert filled(workflow["run-name"], {"inputs": {}}) == ""  # after a push, the commit's title


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--asked", "all"), "--asked is all; allowed: both, staging, production."),
        (("--allow", "all"), "--allow is all; allowed: nothing, database-upgrade"),
        (("--stack", "staging"), "is of production, and --stack is staging."),
    ],
)
def test_a_wrong_option_starts_nothing(tmp_path: Path, words: tuple[str, str], said: str) -> None:
    stale = report_of(tmp_path, again.STALE)
    done = pipeline("again", "--stack", "production", "--report", stale, *words)
    assert (done.exit_code, said in done.stderr) == (2, True), done.output


def test_an_unknown_result_is_refused(tmp_path: Path) -> None:
    made_up = report_of(tmp_path, "fine")
    done = pipeline("again", "--stack", "production", "--report", made_up)
    assert (done.exit_code, "has the result fine; allowed: done, " in done.stderr) == (2, True)


def test_repeatedly_stale_plans_end_with_a_message(
    api: responses.RequestsMock, tmp_path: Path
) -> None:
    main_is_at(api, NEW)
    runs_are(api)
    stale = report_of(tmp_path, again.STALE)
    done = pipeline("again", "--stack", "production", "--report", stale, "--count", "3")
    assert done.exit_code == 1
    assert "3 plans of production in a row were stale" in done.stderr


@pytest.mark.parametrize("result", ["done", "failed", "refused"])
def test_any_other_end_of_an_apply_starts_nothing(tmp_path: Path, result: str) -> None:
    done = pipeline("again", "--stack", "production", "--report", report_of(tmp_path, result))
    assert (done.exit_code, f"ended as {result}" in done.stdout) == (0, True)


def test_a_missing_report_starts_nothing(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.json")
    done = pipeline("again", "--stack", "production", "--report", gone)
    assert (done.exit_code, "no apply began" in done.stdout) == (0, True)


def test_any_other_file_is_refused_as_a_report(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    file.write_text("[]")
    done = pipeline("again", "--stack", "production", "--report", str(file))
    assert (done.exit_code, "is not a report of" in done.stderr) == (2, True)


def test_a_directory_is_refused_before_github_is_called(tmp_path: Path) -> None:
    for words in (("newest", "--commit", OLD), ("again",)):
        done = pipeline(*words, "--stack", "production", "--report", str(tmp_path))
        assert (done.exit_code, "irectory" in done.stderr) == (2, True), done.output
    assert list(tmp_path.parent.glob(f".{tmp_path.name}*")) == []


def test_only_earlier_runs_that_wait_for_this_stack_are_cancelled(
    api: responses.RequestsMock,
) -> None:
    runs_are(api, run(5, "waiting"), run(6, "waiting"), run(8, "waiting"))
    # https://docs.github.com/en/rest/actions/workflow-runs#get-pending-deployments-for-a-workflow-run
    for id_, environment in ((500, "production"), (600, "staging")):
        pending = [{"environment": {"name": environment}}]
        api.get(f"{BASE}/actions/runs/{id_}/pending_deployments", json=pending)
    api.post(f"{BASE}/actions/runs/500/cancel", status=202, json={})
    done = pipeline("supersede", "--stack", "production")
    assert done.exit_code == 0, done.output
    assert "runs/500, which waited for the approval of production" in done.stdout
    assert [call.request.method for call in api.calls].count("POST") == 1


def test_a_refusal_names_the_permission_and_never_the_token(api: responses.RequestsMock) -> None:
    api.get(RUNS, status=403, json={})
    done = pipeline("supersede", "--stack", "production")
    assert "`actions: write`" in str(done.exception)
    assert "not-a-token" not in f"{done.exception}{done.output}"


def test_outside_of_a_workflow_the_missing_variable_is_named() -> None:
    with pytest.raises(GitHubError, match="GITHUB_REPOSITORY is not set"):
        again.of_this_job({})


@pytest.mark.parametrize("number", ["x", "", "-1", "0"])
def test_an_invalid_run_number_counts_as_outside_of_a_workflow(number: str) -> None:
    with pytest.raises(OutsideError, match=f"^GITHUB_RUN_NUMBER is {number}; "):
        again.of_this_job({**JOB, "GITHUB_RUN_NUMBER": number})
