"""The runbook's "Change the Pipeline's Own Roles": its commands and its workflow, in order."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

import shell
from access.trust import ISSUER
from arbor_names import naming
from engine import emulation, stack_file
from engine_stack import SPEED
from pulumi_moto.remote import clients

STACK, ANOTHER = "staging", "arbor-energy/renamed"
RUNBOOK = (stack_file.PROJECT_DIR / "docs/runbook.md").read_text()
SECTION = RUNBOOK.partition("### Change the Pipeline's Own Roles\n")[2].partition("\n### ")[0]
MAKE, RETIRE = (
    command.replace("production", STACK) + " --yes"
    for command in re.findall(r"`(python -m pipeline bootstrap [^`]+)`", SECTION)
)
OWN_ROLES = yaml.safe_load((stack_file.PROJECT_DIR / ".github/workflows/own-roles.yml").read_text())
PLAN, APPLY = (
    next(step["run"] for step in job["steps"] if f"-m pipeline {name}" in step.get("run", ""))
    for name, job in (("preview", OWN_ROLES["jobs"]["plan"]), ("apply", OWN_ROLES["jobs"]["apply"]))
)
Clients = Callable[[str], Any]


@pytest.fixture
def there(tmp_path: Path, account: dict[str, str]) -> shell.Shell:
    """A shell with administrator access."""
    made = shell.shell(tmp_path, account)
    programs = {"PATH": f"{made.project}/.venv/bin:{made.environment['PATH']}"}
    programs |= {"STACK": STACK, "ALLOW": "nothing", "GITHUB_OUTPUT": "/dev/null"}
    return replace(made, environment={**made.environment, **programs})


@pytest.fixture
def account() -> Any:
    with emulation.account_process(stack=STACK, speed=SPEED) as environment:
        yield environment


@pytest.fixture
def client(account: dict[str, str]) -> Clients:
    return clients(account["AWS_ENDPOINT_URL"], account["AWS_REGION"])


def configure(there: shell.Shell, **values: str) -> None:
    path = there.project / f"Pulumi.{STACK}.yaml"
    file: dict[str, Any] = yaml.safe_load(path.read_text())
    file["config"] |= {f"arbor:{key}": value for key, value in values.items()}
    path.write_text(yaml.safe_dump(file))


def with_role(there: shell.Shell, client: Clients, role: str) -> shell.Shell:
    """The shell of a job that has assumed this role."""
    (arn,) = [one["Arn"] for one in client("iam").list_roles()["Roles"] if one["RoleName"] == role]
    made = client("sts").assume_role(RoleArn=arn, RoleSessionName="job")["Credentials"]
    credentials = {
        "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
        "AWS_SESSION_TOKEN": made["SessionToken"],
    }
    return replace(there, environment={**there.environment, **credentials})


def trusted(client: Clients) -> str:
    """The subject that may assume the deploy role."""
    found = client("iam").get_role(RoleName=naming.ci_deploy_role(STACK))["Role"]
    (statement,) = found["AssumeRolePolicyDocument"]["Statement"]
    (subject,) = statement["Condition"]["StringEquals"][f"{ISSUER}:sub"]
    return str(subject)


@shell.NO_AWS
@pytest.mark.slow
def test_the_first_deploy_role_changes_the_pipelines_roles(
    there: shell.Shell, client: Clients
) -> None:
    there.run(MAKE)
    there.run(f"pulumi stack init {STACK}")
    there.run("pulumi up --yes --skip-preview")
    there.run(RETIRE)
    assert f"repo:{ANOTHER}:" not in trusted(client)

    configure(there, githubRepository=ANOTHER)
    deploys = with_role(there, client, naming.ci_deploy_role(STACK))
    there.run(PLAN)
    refused = deploys.run(f"{APPLY} 2>&1 || echo code $?").stdout
    assert "ci-deploy, ci-preview would change, which the deploy role may not do." in refused
    assert '"Change the Pipeline\'s Own Roles" in docs/runbook.md' in refused
    assert refused.rstrip().endswith("code 3")
    assert f"repo:{ANOTHER}:" not in trusted(client)

    there.run(MAKE)
    first = with_role(there, client, naming.ci_bootstrap_role(STACK))
    first.run(PLAN)
    first.run(APPLY)
    there.run(RETIRE)
    assert trusted(client) == f"repo:{ANOTHER}:environment:{STACK}"
    names = {role["RoleName"] for role in client("iam").list_roles()["Roles"]}
    assert naming.ci_bootstrap_role(STACK) not in names


@shell.NO_AWS
@pytest.mark.slow
def test_a_provider_that_the_stack_created_is_retained(there: shell.Shell, client: Clients) -> None:
    def providers() -> list[str]:
        found = client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]
        return [str(one["Arn"]) for one in found]

    there.run(f"pulumi stack init {STACK}")
    configure(there, githubOidcProviderArn="")
    there.run("pulumi up --yes --skip-preview")
    (arn,) = providers()
    configure(there, githubOidcProviderArn=arn)
    there.run(PLAN)
    done = there.run(APPLY).stdout
    assert providers() == [arn]
    assert "ci-github" in done
    there.run("pulumi preview --expect-no-changes")
