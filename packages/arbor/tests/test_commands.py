"""The command line: output and exit codes for scripts."""

from pathlib import Path

import pytest
from botocore.exceptions import NoCredentialsError
from typer.testing import CliRunner, Result

from arbor import options
from arbor.__main__ import app
from pulumi_moto.clock import CLOCK
from staging_fixtures import BACKEND, FRONTEND, NEW, OLD, STACK, Staging

ROOT = Path(__file__).parents[3]


@pytest.fixture
def hurried(staging: Staging) -> Staging:
    """A minute of the account passes in a millisecond."""
    CLOCK.set_speed(60_000)
    return staging


def operate(*words: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, [*words, "--stack", STACK], input=answer)


def test_a_successful_release_exits_0(hurried: Staging) -> None:
    done = operate("release", NEW, "--yes", "--no-url", "--every", "0.001")
    assert done.exit_code == 0, done.output
    assert f"{NEW} serves staging." in done.stdout
    assert (hurried.image(BACKEND), hurried.image(FRONTEND)) == (NEW, NEW)


def test_a_failed_release_exits_1(hurried: Staging) -> None:
    hurried.infrastructure("migrations", command=["false"])
    done = operate("release", NEW, "--yes", "--no-url", "--every", "0.001")
    assert done.exit_code == 1
    assert "Failed: The migrations of v1.1.0 ended with exit code 1" in done.stderr
    assert hurried.image(BACKEND) == OLD


def test_without_a_terminal_nothing_is_done(staging: Staging) -> None:
    before = staging.writes()
    done = operate("release", NEW)
    assert done.exit_code == 3
    assert f"would deploy {NEW} to {BACKEND}" in done.stdout
    assert "add --yes" in done.stderr
    assert staging.writes() == before


@pytest.mark.parametrize(("answer", "code", "runs"), [("y\n", 0, NEW), ("n\n", 3, OLD)])
def test_a_terminal_is_asked_for_confirmation(
    hurried: Staging, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, runs: str
) -> None:
    monkeypatch.setattr("arbor.screen.is_interactive", lambda: True)
    done = operate("deploy", NEW, "--no-url", "--every", "0.001", answer=answer)
    assert done.exit_code == code, done.output
    assert hurried.image(BACKEND) == runs


def test_a_dry_run_requires_no_confirmation_and_changes_nothing(staging: Staging) -> None:
    before = staging.writes()
    done = operate("release", NEW, "--dry-run")
    assert done.exit_code == 0
    assert f"would deploy {NEW} to {FRONTEND}" in done.stdout
    assert "would check https://staging.example.com/api/v1/health" in done.stdout
    assert staging.writes() == before


def test_migrate_runs_the_live_version_by_default(hurried: Staging) -> None:
    assert operate("migrate", "--yes", "--every", "0.001").exit_code == 0
    assert operate("migrate", "--version", NEW, "--yes", "--every", "0.001").exit_code == 0
    tasks = hurried.migrations()
    images = {hurried.definition(task["taskDefinitionArn"])["image"] for task in tasks}
    assert {image.rsplit(":", 1)[-1] for image in images} == {OLD, NEW}


def test_a_failed_migration_exits_1(hurried: Staging) -> None:
    hurried.infrastructure("migrations", command=["false"])
    assert operate("migrate", "--yes", "--every", "0.001").exit_code == 1


def test_missing_credentials_are_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    done = operate("release", NEW, "--yes")
    assert done.exit_code == 1
    (line,) = done.stderr.splitlines()
    assert "Unable to locate credentials" in line
    assert "Nothing was changed." in line


def test_a_lost_connection_is_reported_with_the_started_changes(
    staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*_: object) -> None:
        if staging.history(BACKEND)[0] == "IN_PROGRESS":
            raise NoCredentialsError

    monkeypatch.setattr("arbor.procedure.Run._wait", lose)
    done = operate("deploy", NEW, "--yes", "--no-url")
    assert done.exit_code == 1
    assert "Changes already started continue in AWS" in done.stderr
    assert "Nothing was changed" not in done.stderr


def test_ctrl_c_rolls_nothing_back(staging: Staging, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        if staging.history(BACKEND)[0] == "IN_PROGRESS":
            raise KeyboardInterrupt

    monkeypatch.setattr("arbor.procedure.Run._wait", interrupt)
    done = operate("deploy", NEW, "--yes", "--no-url")
    assert done.exit_code == 1
    assert "nothing was rolled back" in done.stderr
    assert staging.history(BACKEND)[0] == "IN_PROGRESS"


def test_a_stack_in_the_environment_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A move adds a third stack; a typo still makes no call."""
    unknown = CliRunner().invoke(app, ["health", "--stack", "next"])
    assert unknown.exit_code == 2
    assert "list it in ARBOR_STACKS" in " ".join(unknown.output.split())
    monkeypatch.setenv("ARBOR_STACKS", "next")
    assert options.stack_name("next") == "next"
    assert options.stacks() == ["production", "staging", "next"]
