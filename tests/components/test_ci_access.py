import json
from dataclasses import replace
from typing import Any

import pytest

from access import deploy, images, preview, reads, stack
from access import sessions as ci_sessions
from access import trust as ci_documents
from access.trust import ISSUER
from arbor_names import naming
from components.ci_access import CiAccess, CiAccessArgs
from harness import ACCOUNT, REGION, declare

PROVIDER = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
POLICY = "aws:iam/policy:Policy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
PIPELINE = stack.pipeline(
    "production", account_id=ACCOUNT, region=REGION, repository="arbor-energy/infrastructure"
)
ARGS = CiAccessArgs(pipeline=PIPELINE, provider_arn=None, tags={"Stack": "test"})


def condition(role: str, pipeline: ci_documents.Pipeline = PIPELINE) -> dict[str, Any]:
    args = replace(ARGS, pipeline=pipeline)
    roles = declare(lambda: CiAccess("ci", args)).all(ROLE)
    (statement,) = json.loads(roles[f"ci-{role}"]["assumeRolePolicy"])["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    (operator,) = statement["Condition"]
    assert operator == "StringEquals"  # a value without a wildcard matches only itself
    found: dict[str, Any] = statement["Condition"][operator]
    return found


def test_only_mains_workflows_in_the_environment_deploy() -> None:
    files = "arbor-energy/infrastructure/.github/workflows/"
    assert condition("deploy") == {
        f"{ISSUER}:aud": "sts.amazonaws.com",
        f"{ISSUER}:sub": ["repo:arbor-energy/infrastructure:environment:production"],
        f"{ISSUER}:job_workflow_ref": [
            f"{files}{file}@refs/heads/main" for file in ci_documents.DEPLOYING_WORKFLOWS
        ],
        f"{ISSUER}:ref": "refs/heads/main",
    }


def test_pull_requests_and_main_preview() -> None:
    assert condition("preview") == {
        f"{ISSUER}:aud": "sts.amazonaws.com",
        f"{ISSUER}:sub": [
            "repo:arbor-energy/infrastructure:pull_request",
            "repo:arbor-energy/infrastructure:ref:refs/heads/main",
        ],
    }


@pytest.mark.parametrize("role", ["preview", "deploy"])
def test_with_githubs_numbers_both_forms_of_the_subject_are_trusted(role: str) -> None:
    old = condition(role)[f"{ISSUER}:sub"]
    found = condition(role, replace(PIPELINE, owner_id="123", repository_id="456"))
    immutable = [s.replace("arbor-energy/infra", "arbor-energy@123/infra") for s in old]
    immutable = [s.replace("infrastructure:", "infrastructure@456:") for s in immutable]
    assert found[f"{ISSUER}:sub"] == [*old, *immutable]
    assert (
        found[f"{ISSUER}:repository_id"] == "456"
    )  # a repository that takes over the name has another id


def test_sessions_outlast_the_jobs() -> None:
    roles = declare(lambda: CiAccess("ci", ARGS)).all(ROLE)
    assert roles["ci-preview"]["maxSessionDuration"] == ci_sessions.READ_SECONDS
    assert roles["ci-deploy"]["maxSessionDuration"] == ci_sessions.WRITE_SECONDS


def test_each_role_has_its_documents_and_no_other() -> None:
    """tests/iam tests the documents themselves."""
    declared = declare(lambda: CiAccess("ci", ARGS))
    inline = {name: found["policy"] for name, found in declared.all(ROLE_POLICY).items()}
    assert inline == {
        "ci-preview-policy": preview.of_previews(PIPELINE),
        "ci-deploy-policy": deploy.of_deploys(PIPELINE),
    }
    managed = {found["name"]: found["policy"] for found in declared.all(POLICY).values()}
    assert managed == {
        naming.ci_reads_policy("production"): reads.shared(PIPELINE),
        naming.ci_changes_policy("production"): deploy.changes(PIPELINE),
    }
    attached = {
        (found["role"], found["policyArn"].rsplit("/", 1)[1])
        for found in declared.all(ATTACHMENT).values()
    }
    assert attached == {
        ("ci-preview", "arbor-production-ci-reads"),
        ("ci-deploy", "arbor-production-ci-reads"),
        ("ci-deploy", "arbor-production-ci-changes"),
    }


@pytest.mark.parametrize("repository", ["arbor-energy/application", "arbor-energy@1/application@2"])
def test_an_application_repository_in_config_gets_a_role(repository: str) -> None:
    pipeline = replace(PIPELINE, application_repository=repository)
    declared = declare(lambda: CiAccess("ci", replace(ARGS, pipeline=pipeline)))
    assert declared.all(ROLE)["ci-images"]["name"] == "arbor-production-ci-images"
    policy = declared.all(ROLE_POLICY)["ci-images-policy"]["policy"]
    assert policy == images.of_pushes(pipeline)
    assert condition("images", pipeline)[f"{ISSUER}:sub"] == [
        f"repo:{repository}:environment:production"
    ]
    assert "ci-images" not in declare(lambda: CiAccess("ci", ARGS)).all(ROLE)


@pytest.mark.parametrize("arn", [None, f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"])
def test_the_provider_is_created_or_given_by_arn(arn: str | None) -> None:
    declared = declare(lambda: CiAccess("ci", replace(ARGS, provider_arn=arn)))
    assert bool(declared.all(PROVIDER)) == (arn is None)
    if arn is None:
        assert declared.only(PROVIDER)["clientIdLists"] == ["sts.amazonaws.com"]
        assert declared.options_of(PROVIDER).retain_on_delete is True
