"""Output and exit codes of `python -m pipeline github`."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from typer.testing import CliRunner, Result

from engine import stack_file
from github_repository import NAME, NEEDS, STACKS, Repository, complete, served, stack
from pipeline.__main__ import app, main
from pipeline.github import API
from pipeline.repository import needs, stacks
from pipeline.repository.command import table
from pipeline.repository.setting import private

EVERY = stacks.every
OF_PUBLIC = len([row for row in table(STACKS, NEEDS) if row.applies is not private])
FORBIDDEN = {"message": "Must have admin rights to Repository.", "status": "403"}
PERMISSIONS = "/actions/permissions"


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GH_TOKEN", "not-a-token")
    monkeypatch.setattr(needs, "read", lambda: NEEDS)
    monkeypatch.setattr(stacks, "every", lambda: STACKS)


def run(repository: Repository, *words: str) -> Result:
    with served(repository):
        return CliRunner().invoke(app, ["github", *words])


def test_all_settings_correct_is_0_and_one_line() -> None:
    done = run(complete())
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{NAME} (public): {OF_PUBLIC} of {OF_PUBLIC} settings are correct.\n"


def test_a_missing_setting_is_1_with_call_reason_and_source() -> None:
    repository = complete()
    repository.labels.remove("drift")
    done = run(repository)
    assert done.exit_code == 1
    assert done.stdout == (
        f"{NAME} (public): {OF_PUBLIC - 1} of {OF_PUBLIC} settings are correct.\n"
        "\n"
        "Missing:\n"
        "\n"
        "- The label drift exists: it is missing.\n"
        "  Why: the nightly job finds its issue by the label.\n"
        "  https://docs.github.com/en/rest/issues/labels#get-a-label\n"
        "\n"
        f"gh api --method POST repos/{NAME}/labels --raw-field name=drift "
        "--raw-field color=d93f0b --raw-field 'description=The nightly issue about drift'\n"
    )


def test_a_missing_recommended_setting_is_0() -> None:
    repository = complete()
    repository.environments["production"]["can_admins_bypass"] = True
    done = run(repository)
    assert done.exit_code == 0
    assert "Recommended:" in done.stdout
    assert "Missing:" not in done.stdout


def test_a_call_is_printed_once_after_all_its_settings() -> None:
    repository = complete()
    repository.rulesets.pop(42)
    done = run(repository)
    assert done.stdout.count(f"repos/{NAME}/rulesets --input") == 2  # main, and the merge queue
    before, _, _ = done.stdout.partition(f"repos/{NAME}/rulesets --input")
    assert "Main takes reviewed" in before
    assert "Main can't be deleted" in before


def test_the_github_plan_for_required_reviewers_is_named() -> None:
    repository = complete(private=True)
    repository.environments["production"]["protection_rules"] = []
    done = run(repository)
    assert done.exit_code == 1
    assert "production has 0 reviewers; private repositories need GitHub Enterprise" in done.stdout
    assert "deployments-and-environments" in done.stdout
    assert "arbor:deployWithoutReviewers: true" in done.stdout


def test_a_denied_read_is_1_and_names_the_permission() -> None:
    repository = complete()
    header = {"X-Accepted-GitHub-Permissions": "administration=read"}
    repository.refusals[PERMISSIONS] = (403, header, FORBIDDEN)
    done = run(repository)
    assert done.exit_code == 1
    assert "Unreadable:" in done.stdout
    assert (
        f"- Every action is pinned by commit: GET /repos/{NAME}/actions/permissions answers 403 "
        "(Must have admin rights to Repository.); GitHub requires administration=read."
        in done.stdout
    )
    assert "The token needs Administration (read)." in done.stdout


def test_hidden_bypasses_do_not_count_as_none() -> None:
    repository = complete()
    del repository.rulesets[42]["bypass_actors"]
    done = run(repository)
    assert done.exit_code == 1
    assert "GitHub hides the bypasses of 'main'" in done.stdout


def test_a_recommended_setting_that_is_hidden_fails_nothing() -> None:
    repository = complete()
    del repository.environments["production"]["can_admins_bypass"]
    done = run(repository)
    assert done.exit_code == 0
    assert "GitHub hides can_admins_bypass of production" in done.stdout


def test_a_github_plan_without_rulesets_is_reported() -> None:
    repository = complete(private=True)
    upgrade = "Upgrade to GitHub Pro or make this repository public to enable this feature."
    repository.refusals["/rules/branches/main"] = (403, {}, {"message": upgrade})
    done = run(repository)
    assert done.exit_code == 1
    assert f"the plan of arbor-energy does not include it: {upgrade}" in done.stdout


def test_workflows_without_an_aggregate_job_are_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "read", lambda: replace(NEEDS, checks=()))
    done = run(complete())
    assert done.exit_code == 1
    assert "no workflow in .github/workflows has an aggregate job" in done.stdout


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((404, {}, {"message": "Not Found"}), f"The token can't see a repository {NAME}"),
        ((401, {}, {"message": "Bad credentials"}), "GitHub answers 401: the token is invalid"),
        (
            (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795831200"}, {}),
            "GitHub's rate limit is used up; run this again after 02:00 UTC.",
        ),
    ],
)
def test_an_unreadable_repository_is_1_and_one_sentence(
    answer: tuple[int, dict[str, str], dict[str, Any]], sentence: str
) -> None:
    repository = complete()
    repository.refusals[""] = answer
    done = run(repository)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(sentence)
    assert "not-a-token" not in done.stderr


def test_the_last_answer_before_the_rate_limit_counts() -> None:
    repository = complete()
    repository.refusals[""] = (200, {"x-ratelimit-remaining": "0"}, repository.about)
    assert run(repository).exit_code == 0


def test_unreachable_github_is_1_and_one_sentence() -> None:
    with responses.RequestsMock() as mock:
        mock.get(f"{API}/repos/{NAME}", body=requests.ConnectionError("no route"))
        done = CliRunner().invoke(app, ["github"])
    assert done.exit_code == 1
    assert done.stderr == "GitHub can't be reached; run the job again.\n"


def test_without_a_token_it_is_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GH_TOKEN")
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    done = run(complete())
    assert done.exit_code == 2
    assert done.stderr == "GH_TOKEN is not set: run `export GH_TOKEN=$(gh auth token)`.\n"


def test_an_invalid_repository_name_is_2() -> None:
    done = run(complete(), "--repository", "arbor/*")
    assert done.exit_code == 2
    assert done.stderr == "--repository is arbor/*; allowed: OWNER/NAME on GitHub.\n"


def test_two_repositories_in_config_are_2_and_one_can_be_chosen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    two = [
        stack("production", production=True),
        stack("staging", production=False, repository="arbor-energy/other"),
    ]
    monkeypatch.setattr(stacks, "every", lambda: two)
    done = run(complete())
    assert done.exit_code == 2
    assert f"name {NAME} and arbor-energy/other; choose one with --repository" in done.stderr
    assert run(complete(), "--repository", NAME).exit_code == 0


def test_a_repository_that_differs_from_config_is_a_finding() -> None:
    other = "arbor-energy/other"
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        about = {**complete().about, "full_name": other}
        mock.get(f"{API}/repos/{other}", json=about)
        mock.get(re.compile(f"{API}/repos/{other}/.*"), status=404, json={})
        done = CliRunner().invoke(app, ["github", "--repository", other])
    assert done.exit_code == 1
    assert f"arbor:githubRepository in Pulumi.staging.yaml is {NAME}, not {other}" in done.stdout


def test_no_repository_in_config_is_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Pulumi.staging.yaml").write_text("config:\n  arbor:githubRepository: ''\n")
    monkeypatch.setattr(stack_file, "PROJECT_DIR", tmp_path)
    monkeypatch.setattr(stacks, "every", EVERY)
    done = run(complete())
    assert done.exit_code == 2
    assert "No stack's file has arbor:githubRepository" in done.stderr


def test_the_command_line_includes_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["pipeline", "github", "--help"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert "OWNER/NAME" in capsys.readouterr().out


def test_a_runner_of_github_enterprise_server_calls_that_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "https://api.arbor.ghe.com")
    with responses.RequestsMock() as mock:
        mock.get(f"https://api.arbor.ghe.com/repos/{NAME}", status=404, json={})
        done = CliRunner().invoke(app, ["github"])
    assert done.stderr.startswith(f"The token can't see a repository {NAME}")
