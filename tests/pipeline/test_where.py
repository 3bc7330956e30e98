"""Region, account, role, session and backend of a job come from the stack's file."""

from typing import Any

import pytest
from typer.testing import CliRunner

from access import sessions as ci_sessions
from arbor_names import naming
from engine import stack_file
from pipeline.__main__ import app
from pipeline.job_target import ROLES, JobTargetError, of_stack

CONFIG: dict[str, Any] = {
    "aws:region": "eu-central-1",
    "arbor:accountId": "210987654321",
    "aws:allowedAccountIds": ["210987654321"],
}


def lines(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines())


def test_the_stacks_file_decides() -> None:
    found = of_stack("staging", CONFIG, "deploy")
    assert lines(found.lines()) == {
        "region": "eu-central-1",
        "account": "210987654321",
        "role": f"arn:aws:iam::210987654321:role/{naming.ci_deploy_role('staging')}",
        "seconds": str(ci_sessions.WRITE_SECONDS),
        "backend": naming.state_backend("staging", "210987654321", "eu-central-1"),
    }


@pytest.mark.parametrize(
    ("role", "name", "seconds"),
    [
        ("preview", naming.ci_preview_role("staging"), ci_sessions.READ_SECONDS),
        ("deploy", naming.ci_deploy_role("staging"), ci_sessions.WRITE_SECONDS),
        ("bootstrap", naming.ci_bootstrap_role("staging"), ci_sessions.WRITE_SECONDS),
    ],
)
def test_each_kind_of_job_has_its_role_and_session(role: str, name: str, seconds: int) -> None:
    found = of_stack("staging", CONFIG, role)
    assert (found.role.split("/")[-1], found.seconds) == (name, seconds)


def test_the_variable_overrides_the_stacks_backend() -> None:
    moved = of_stack("staging", CONFIG, "preview", "s3://elsewhere?region=us-east-1")
    assert moved.backend == "s3://elsewhere?region=us-east-1"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"arbor:accountId": 210987654321}, "arbor:accountId is 210987654321 in"),
        ({"arbor:accountId": None}, "allowed: the account's 12 digits in quotes"),
        ({"aws:region": "eu central"}, "aws:region is 'eu central' in Pulumi.staging.yaml"),
        ({"aws:region": "us-east-1\nrole=x"}, "allowed: a region such as us-east-1"),
        ({"aws:allowedAccountIds": ["123456789012"]}, "it must name arbor:accountId"),
        ({"aws:allowedAccountIds": None}, "it must name arbor:accountId"),
    ],
)
def test_wrong_config_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(JobTargetError, match=message):
        of_stack("staging", {**CONFIG, **changed}, "preview")


@pytest.mark.parametrize(
    "override", ["no address", "s3://bucket\nrole=arn:aws:iam::1:role/x", "s3://a b"]
)
def test_an_invalid_backend_variable_is_refused(override: str) -> None:
    with pytest.raises(JobTargetError, match="PULUMI_BACKEND_URL is not a backend"):
        of_stack("staging", CONFIG, "preview", override)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--stack", "nope"], "There is no stack nope; choose one of production, staging."),
        (["--stack", "../staging"], "There is no stack ../staging; choose one of"),
        (["--stack", "staging", "--as", "root"], f"allowed: {', '.join(ROLES)}."),
    ],
)
def test_a_wrong_argument_is_one_sentence_and_exit_code_2(
    arguments: list[str], message: str
) -> None:
    done = CliRunner().invoke(app, ["where", *arguments])
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_the_committed_stacks_have_a_target(stack: str) -> None:
    done = CliRunner(env={"PULUMI_BACKEND_URL": ""}).invoke(app, ["where", "--stack", stack])
    assert done.exit_code == 0
    assert lines(done.stdout)["account"] == stack_file.stack_config(stack)["arbor:accountId"]
