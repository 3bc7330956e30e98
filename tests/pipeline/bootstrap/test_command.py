"""The command line of bootstrap: exit codes and output."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bootstrap_fixtures import BUCKET, ROLE, STACK, STACK_ALIAS, Account, deployed
from pipeline.__main__ import app


def run(*words: str, answer: str | None = None, stack: str = STACK) -> Result:
    return CliRunner().invoke(app, ["bootstrap", "--stack", stack, *words], input=answer)


def test_success_is_0_and_prints_the_next_commands(account: Account) -> None:
    done = run("--yes")
    assert done.exit_code == 0, done.output
    assert f"create the bucket {BUCKET}" in done.stdout
    assert f"pulumi login 's3://{BUCKET}/{STACK}?region=us-east-1'" in done.stdout
    assert f"--secrets-provider 'awskms://{STACK_ALIAS}?region=us-east-1'" in done.stdout
    assert "gh api repos/arbor-energy/infrastructure --jq" in done.stdout
    assert account.left() == []
    again = run("--yes")
    assert again.exit_code == 0
    assert again.stdout.startswith("0 steps are left.")


def test_a_dry_run_writes_nothing(account: Account) -> None:
    before = account.left()
    done = run("--dry-run")
    assert done.exit_code == 0
    assert [line.removeprefix("would ") for line in done.stdout.splitlines()] == before
    assert account.left() == before


def test_without_a_terminal_to_confirm_nothing_is_done(account: Account) -> None:
    before = account.left()
    done = run()
    assert done.exit_code == 3
    assert "add --yes" in done.stderr
    assert account.left() == before


@pytest.mark.usefixtures("made")
def test_a_refusal_is_3() -> None:
    done = run("--retire-role", "--yes")
    assert done.exit_code == 3
    assert "Refused, nothing was changed: the role arbor-production-ci-deploy" in done.stderr


@pytest.mark.usefixtures("made")
def test_the_role_is_retired() -> None:
    deployed()
    done = run("--retire-role", "--yes")
    assert done.exit_code == 0, done.output
    assert f"{ROLE} is retired." in done.stdout


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("words", [("--fast",), ("--stack", "moon")])
def test_wrong_usage_is_2(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert "Traceback" not in done.output


@pytest.mark.usefixtures("account")
def test_without_credentials_it_is_one_sentence_and_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    done = run("--yes")
    assert done.exit_code == 1
    (line,) = done.stderr.splitlines()
    assert "Unable to locate credentials" in line
    assert "Nothing was changed." in line
