"""A workflow changes production only with required reviewers, unless config waives them."""

from pathlib import Path
from typing import Any

import pytest
import requests
import responses
import yaml
from typer.testing import CliRunner

import pipeline.__main__
import pipeline.operate.command
from engine import stack_file
from github_repository import NAME, Repository, complete, served
from pipeline.github import API
from pipeline.repository import reviewers
from pipeline.stacks import NoStackError

JOB = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": NAME, "GITHUB_TOKEN": "not-a-token"}
ENVIRONMENT = "/environments/production"
KEY = "set arbor:deployWithoutReviewers: true in Pulumi.production.yaml."


def unprotected(*, private: bool = False) -> Repository:
    repository = complete(private=private)
    repository.environments["production"]["protection_rules"] = []
    return repository


def refusal(repository: Repository, stack: str = "production", **environ: str) -> str:
    with served(repository):
        return reviewers.refusal(stack, {**JOB, **environ})


def configured(directory: Path, stack: str, **config: Any) -> None:
    values = {f"arbor:{key}": value for key, value in config.items()}
    (directory / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": values}))


def test_with_a_required_reviewer_production_may_be_changed() -> None:
    assert refusal(complete()) == ""


def test_without_one_it_is_refused_in_one_sentence() -> None:
    assert refusal(unprotected()) == (
        "production was not changed: the environment production has no required reviewers. Add "
        f"them (`python -m pipeline github` prints the call), or {KEY}"
    )


def test_a_rule_without_reviewers_does_not_count() -> None:
    repository = complete()
    repository.environments["production"]["protection_rules"][0]["reviewers"] = []
    assert "has no required reviewers" in refusal(repository)


def test_on_a_private_repository_the_required_plan_is_named() -> None:
    printed = refusal(unprotected(private=True))
    assert "private repositories need GitHub Enterprise for required reviewers (https://" in printed
    assert printed.endswith(KEY)


def test_a_missing_environment_is_refused() -> None:
    repository = complete()
    del repository.environments["production"]
    assert f"{NAME} has no environment production" in refusal(repository)


@pytest.mark.parametrize(
    ("answer", "printed"),
    [
        (
            (403, {}, {"message": "Resource not accessible by integration"}),
            "answers 403 (Resource not accessible by integration)",
        ),
        ((401, {}, {"message": "Bad credentials"}), "the token is invalid"),
    ],
)
def test_unreadable_reviewers_are_refused_with_the_permission(
    answer: tuple[int, dict[str, str], dict[str, Any]], printed: str
) -> None:
    repository = complete()
    repository.refusals[ENVIRONMENT] = answer
    sentence = refusal(repository)
    assert printed in sentence
    assert "the job needs `actions: read` in its permissions" in sentence
    assert sentence.endswith(KEY)


@pytest.mark.parametrize("missing", ["GITHUB_REPOSITORY", "GITHUB_TOKEN"])
def test_a_job_without_its_token_is_refused(missing: str) -> None:
    environ = {key: value for key, value in JOB.items() if key != missing}
    with served(complete()):
        sentence = reviewers.refusal("production", environ)
    assert f"unreadable: {missing} is not set" in sentence


UNREAD = "production was not changed: the required reviewers of its environment are unreadable: "


def test_unreachable_github_is_refused_without_advice_on_settings() -> None:
    with responses.RequestsMock() as mock:
        mock.get(f"{API}/repos/{NAME}{ENVIRONMENT}", body=requests.ConnectionError("no route"))
        printed = reviewers.refusal("production", JOB)
    assert printed == f"{UNREAD}GitHub can't be reached; run the job again."


@pytest.mark.parametrize(
    "answer",
    [(502, {}, {}), (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "60"}, {})],
    ids=["GitHub fails", "rate limit"],
)
def test_a_temporary_failure_advises_no_setting(
    answer: tuple[int, dict[str, str], dict[str, Any]],
) -> None:
    repository = complete()
    repository.refusals[ENVIRONMENT] = answer
    printed = refusal(repository)
    assert printed.startswith(UNREAD)
    assert " again " in printed
    assert "deployWithoutReviewers" not in printed


@pytest.mark.parametrize("value", ["", "false", "1"])
def test_reviewers_are_not_checked_at_a_terminal(value: str) -> None:
    assert refusal(unprotected(), GITHUB_ACTIONS=value) == ""


def test_staging_needs_no_reviewers() -> None:
    repository = unprotected()
    assert refusal(repository, "staging") == ""


@pytest.mark.parametrize("value", [True, "true"], ids=["plain", "as `pulumi stack init` writes it"])
def test_config_can_waive_reviewers(
    value: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack_file, "PROJECT_DIR", tmp_path)
    configured(tmp_path, "production", environment="production", deployWithoutReviewers=value)
    assert refusal(unprotected()) == ""


@pytest.mark.parametrize("value", [False, "false", "yes", None])
def test_any_other_value_waives_nothing(
    value: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack_file, "PROJECT_DIR", tmp_path)
    configured(tmp_path, "production", environment="production", deployWithoutReviewers=value)
    assert "has no required reviewers" in refusal(unprotected())


def test_a_stack_is_production_by_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack_file, "PROJECT_DIR", tmp_path)
    configured(tmp_path, "blue", environment="production")
    configured(tmp_path, "green", environment="staging")
    assert f"{NAME} has no environment blue" in refusal(complete(), "blue")
    assert refusal(complete(), "green") == ""


def test_the_stack_named_production_is_always_production(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack_file, "PROJECT_DIR", tmp_path)
    configured(tmp_path, "production", environment="staging")
    assert "has no required reviewers" in refusal(unprotected())


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (pipeline.__main__, ["apply", "--plan", "plan.json"]),
        (pipeline.operate.command, ["operate", "up-refresh", "--yes"]),
    ],
    ids=["apply", "operate"],
)
def test_commands_that_write_are_refused_before_the_stack_is_opened(
    module: Any, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def open_(stack: str) -> Any:
        opened.append(stack)
        raise NoStackError("There is no backend here.")

    monkeypatch.setattr(module, "in_aws", open_)
    monkeypatch.chdir(tmp_path)
    for key, value in JOB.items():
        monkeypatch.setenv(key, value)
    (tmp_path / "plan.json").write_text('{"resourcePlans": {}}')
    words = [*words, "--stack", "production"]
    with served(unprotected()):
        done = CliRunner().invoke(pipeline.__main__.app, words)
    assert done.exit_code == 3, done.output
    assert "the environment production has no required reviewers" in done.output
    assert opened == []
    with served(complete()):
        CliRunner().invoke(pipeline.__main__.app, words)
    assert opened == ["production"]
