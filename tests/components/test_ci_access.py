import json
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import pytest

import ci_documents
import ci_sessions
import naming
from ci_documents import ISSUER
from components.ci_access import CiAccess, CiAccessArgs
from harness import ACCOUNT, allows, declare

PROVIDER = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
ARGS = CiAccessArgs(
    repository="arbor-energy/infrastructure",
    environment="production",
    provider_arn=None,
    account_id=ACCOUNT,
    preview_role="arbor-production-ci-preview",
    deploy_role="arbor-production-ci-deploy",
    every_ci_role="arbor-*-ci-*",
    every_bootstrap_role="arbor-*-ci-bootstrap",
    state_bucket="state",
    state_key_alias="alias/state",
    tags={"Stack": "test"},
)


def condition(role: str, args: CiAccessArgs = ARGS) -> dict[str, Any]:
    roles = declare(lambda: CiAccess("ci", args)).all("aws:iam/role:Role")
    (statement,) = json.loads(roles[f"ci-{role}"]["assumeRolePolicy"])["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    (operator,) = statement["Condition"]
    assert operator == "StringEquals"  # no wildcard can match more than is written
    found: dict[str, Any] = statement["Condition"][operator]
    return found


def statements(role: str) -> list[dict[str, Any]]:
    policies = declare(lambda: CiAccess("ci", ARGS)).all("aws:iam/rolePolicy:RolePolicy")
    found: list[dict[str, Any]] = json.loads(policies[f"ci-{role}-policy"]["policy"])["Statement"]
    return found


def denied(role: str) -> set[str]:
    return {a for s in statements(role) if s["Effect"] == "Deny" for a in s["Action"]}


def test_only_jobs_of_the_environment_by_a_workflow_of_main_deploy() -> None:
    files = "arbor-energy/infrastructure/.github/workflows/"
    assert condition("deploy") == {
        f"{ISSUER}:aud": "sts.amazonaws.com",
        f"{ISSUER}:sub": ["repo:arbor-energy/infrastructure:environment:production"],
        f"{ISSUER}:job_workflow_ref": [
            f"{files}{file}@refs/heads/main" for file in ci_documents.DEPLOYING_WORKFLOWS
        ],
    }


@pytest.mark.parametrize("role", ["preview", "deploy"])
def test_with_githubs_numbers_both_forms_of_the_subject_are_trusted(role: str) -> None:
    old = condition(role)[f"{ISSUER}:sub"]
    found = condition(role, replace(ARGS, owner_id="123", repository_id="456"))
    immutable = [s.replace("arbor-energy/infra", "arbor-energy@123/infra") for s in old]
    immutable = [s.replace("infrastructure:", "infrastructure@456:") for s in immutable]
    assert found[f"{ISSUER}:sub"] == [*old, *immutable]
    assert found[f"{ISSUER}:repository_id"] == "456"  # another that takes over the name has another


def test_sessions_last_as_long_as_the_jobs_need() -> None:
    roles = declare(lambda: CiAccess("ci", ARGS)).all("aws:iam/role:Role")
    assert roles["ci-preview"]["maxSessionDuration"] == ci_sessions.READ_SECONDS
    assert roles["ci-deploy"]["maxSessionDuration"] == ci_sessions.WRITE_SECONDS


def test_pull_requests_and_main_preview() -> None:
    assert condition("preview")[f"{ISSUER}:sub"] == [
        "repo:arbor-energy/infrastructure:pull_request",
        "repo:arbor-energy/infrastructure:ref:refs/heads/main",
    ]


def test_a_preview_reads_and_writes_nothing() -> None:
    attached = declare(lambda: CiAccess("ci", ARGS)).all(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    )
    assert attached["ci-preview-managed"]["policyArn"].endswith("/ReadOnlyAccess")
    allowed = {
        action
        for statement in statements("preview")
        if statement["Effect"] == "Allow"
        for action in (
            [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        )
    }
    assert allowed == {"s3:ListBucket", "s3:GetObject", "kms:Decrypt"}


def test_a_preview_reads_no_secret_no_log_and_no_object_but_the_state() -> None:
    assert denied("preview") >= {
        "secretsmanager:GetSecretValue",
        "logs:GetLogEvents",
        "s3:GetObject",
    }
    (objects,) = [s for s in statements("preview") if "NotResource" in s]
    assert (objects["Effect"], objects["NotResource"]) == ("Deny", "arn:aws:s3:::state/*")


def test_no_stack_gives_its_pipeline_or_anothers_more() -> None:
    (deny,) = [s for s in statements("deploy") if s["Effect"] == "Deny"]
    assert set(deny["Action"]) == set(ci_documents.ROLE_ACTIONS)
    assert deny["Resource"] == f"arn:aws:iam::{ACCOUNT}:role/arbor-*-ci-*"


@pytest.mark.parametrize("stack", ["production", "staging"])
def test_the_pattern_of_the_pipelines_roles_is_that_of_each(stack: str) -> None:
    for name in (naming.ci_preview_role, naming.ci_deploy_role, naming.ci_bootstrap_role):
        assert fnmatchcase(name(stack), naming.EVERY_CI_ROLE)


def test_whoever_deploys_can_read_back_the_roles_that_it_made() -> None:
    """PowerUserAccess gives nothing of iam, and the provider reads what it makes."""
    (reads,) = allows(statements("deploy"), "iam:GetRole")
    assert set(reads["Action"]) >= {
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole",
        "iam:ListRolePolicies",
    }
    assert not set(reads["Action"]) & set(ci_documents.ROLE_READS) & denied("deploy")


def of_bootstrap() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ci_documents.of_bootstrap(ARGS))["Statement"]
    return found


def test_the_first_deploy_role_may_do_what_the_deploy_role_may() -> None:
    allowed = [s for s in statements("deploy") if s["Effect"] == "Allow"]
    assert [s for s in of_bootstrap() if s["Effect"] == "Allow"] == allowed


def test_the_first_deploy_role_changes_its_own_stacks_two_and_none_of_its_own_kind() -> None:
    own_kind, others = [s for s in of_bootstrap() if s["Effect"] == "Deny"]
    assert own_kind["Resource"] == f"arn:aws:iam::{ACCOUNT}:role/arbor-*-ci-bootstrap"
    assert "Condition" not in own_kind
    assert others["Resource"] == f"arn:aws:iam::{ACCOUNT}:role/arbor-*-ci-*"
    assert others["Condition"] == {
        "Null": {"aws:ResourceTag/Stack": "false"},
        "StringNotEquals": {"aws:ResourceTag/Stack": "production"},
    }
    for deny in (own_kind, others):
        assert set(deny["Action"]) == set(ci_documents.ROLE_ACTIONS)


def test_roles_are_passed_only_to_the_services_they_are_for() -> None:
    (passes,) = allows(statements("deploy"), "iam:PassRole")
    services = passes["Condition"]["StringEquals"]["iam:PassedToService"]
    assert "ecs-tasks.amazonaws.com" in services
    assert "lambda.amazonaws.com" not in services


@pytest.mark.parametrize("arn", [None, f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"])
def test_the_provider_is_made_or_named(arn: str | None) -> None:
    declared = declare(lambda: CiAccess("ci", replace(ARGS, provider_arn=arn)))
    assert bool(declared.all(PROVIDER)) == (arn is None)
    if arn is None:
        assert declared.only(PROVIDER)["clientIdLists"] == ["sts.amazonaws.com"]
        assert declared.options_of(PROVIDER).retain_on_delete is True
