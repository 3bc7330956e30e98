"""`arbor audit access`: principals that may assume a role of the stack, and findings."""

import json
from typing import Any

import pytest

from access import trust as ci_documents
from arbor.security.audit.trust import GITHUB, SENDS_SOURCE, trusted, wildcards
from audit_fixtures import ACCOUNT, github, make_role
from components.role import assume_role_policy
from ecs_world import client

PROVIDER = ci_documents.provider_arn(ACCOUNT)
OURS = "arn:aws:ecs:us-east-1:123456789012:*"
THEIRS = "arn:aws:ecs:us-east-1:999999999999:*"


def statement(principal: Any, condition: Any = None, action: str = "sts:AssumeRole") -> Any:
    found = {"Effect": "Allow", "Principal": principal, "Action": action}
    return {"Statement": found if condition is None else {**found, "Condition": condition}}


def oidc(condition: Any) -> Any:
    return statement({"Federated": PROVIDER}, condition, "sts:AssumeRoleWithWebIdentity")


def claims(sub: Any, **operators: Any) -> Any:
    return {
        "StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:sub": sub}
    } | operators


def test_the_programs_roles_have_no_findings(audit: Any) -> None:
    done = audit("access", "--json")
    assert done.exit_code == 0, done.output
    shown = {
        check["name"]: (check["status"], check["message"])
        for check in json.loads(done.stdout)["checks"]
    }
    repository = "arbor-energy/infrastructure"
    assert shown["arbor-staging-ci-deploy"] == (
        "OK",
        f"jobs of the environment staging in {repository}",
    )
    assert shown["arbor-staging-ci-preview"] == (
        "OK",
        f"pull requests in {repository}; jobs of main in {repository}",
    )
    assert shown["arbor-staging-ci-bootstrap"][0] == "SKIP"
    assert shown["operators"][0] == "SKIP"
    assert "OK    arbor-staging-ci-deploy" in audit("access").stdout


def test_the_images_role_admits_any_workflow_of_the_environment(audit: Any) -> None:
    right = json.loads(ci_documents.trust(PROVIDER, ["repo:a/app:environment:staging"]))
    make_role("arbor-staging-ci-images", right)
    assert audit("access").exit_code == 0


def test_the_images_role_must_not_admit_pull_requests(audit: Any, failed: Any) -> None:
    other = json.loads(ci_documents.trust(PROVIDER, ["repo:a/app:pull_request"]))
    make_role("arbor-staging-ci-images", other)
    (check,) = failed(json.loads(audit("access", "--json").stdout))
    assert "is not the environment staging" in check["details"]["findings"][0]


@pytest.mark.parametrize(
    "workflows",
    [
        None,
        ["a/b/.github/workflows/release.yml@refs/tags/v1.2.3"],
        # Both end like main's, and git allows a tag of that name.
        ["a/b/.github/workflows/*@refs/heads/main"],
        ["a/b/.github/workflows/up.yml@refs/tags/v1@refs/heads/main"],
    ],
)
def test_a_writing_role_that_admits_a_tags_workflow_is_a_finding(
    audit: Any, failed: Any, workflows: list[str] | None
) -> None:
    subjects = ["repo:a/b:environment:staging"]
    trust = ci_documents.trust(PROVIDER, subjects, workflows=workflows, ref=ci_documents.MAIN)
    policy = json.loads(trust)
    make_role("arbor-staging-ci-bootstrap", policy)
    (check,) = failed(json.loads(audit("access", "--json").stdout))
    assert check["details"]["findings"] == [
        "a job of any workflow, such as one in a pushed tag: no job_workflow_ref of main"
    ]


@pytest.mark.parametrize("ref", [None, "refs/heads/feature"])
def test_a_writing_role_that_admits_a_branchs_run_is_a_finding(
    audit: Any, failed: Any, ref: str | None
) -> None:
    """As in trust policies of earlier versions."""
    workflows = ["a/b/.github/workflows/up-stack.yml@refs/heads/main"]
    subjects = ["repo:a/b:environment:staging"]
    policy = json.loads(ci_documents.trust(PROVIDER, subjects, workflows=workflows, ref=ref))
    make_role("arbor-staging-ci-bootstrap", policy)
    (check,) = failed(json.loads(audit("access", "--json").stdout))
    assert check["details"]["findings"] == [
        "a job of any branch that calls main's workflow: no ref refs/heads/main"
    ]
    assert "pipeline bootstrap --stack staging" in check["remedy"]


def test_findings_cover_the_stacks_roles_only(audit: Any, failed: Any) -> None:
    make_role("of-the-stack-by-tag", statement({"AWS": "*"}))
    make_role(
        "arbor-staging-by-name", statement({"AWS": "999999999999"}), Stack="other", ManagedBy="hand"
    )
    make_role("arbor-staging-ci-bootstrap", github("environment:production"))
    make_role("of-production", statement({"AWS": "*"}), Stack="production")
    make_role("AWSReservedSSO_Admin_1", statement({"AWS": ACCOUNT}), Stack="none")
    done = audit("access", "--json")
    assert done.exit_code == 1
    answer = json.loads(done.stdout)
    found = {check["name"]: check["details"]["findings"] for check in failed(answer)}
    theirs = "repo:arbor-energy/infrastructure:environment:production"
    assert found == {
        "arbor-staging-by-name": ["another account, 999999999999"],
        "arbor-staging-ci-bootstrap": [
            f"{theirs} is not the environment staging, which requires reviewers"
        ],
        "of-the-stack-by-tag": ["any principal: a wildcard"],
    }
    remedies = {check["name"]: check["remedy"] for check in failed(answer)}
    assert "pulumi up" in remedies["of-the-stack-by-tag"]
    assert "pipeline bootstrap --stack staging" in remedies["arbor-staging-ci-bootstrap"]
    assert (
        "update-assume-role-policy --role-name arbor-staging-by-name"
        in (remedies["arbor-staging-by-name"])
    )
    people = answer["checks"][-1]
    assert people["details"]["signed_in_by"] == ["AWSReservedSSO_Admin_1"]
    assert people["details"]["roles"] == ["arbor-staging-by-name", "of-the-stack-by-tag"]


def test_a_stack_without_roles_is_refused(audit: Any) -> None:
    iam = client("iam")
    for role in ("arbor-staging-ci-deploy", "arbor-staging-ci-preview"):
        iam.delete_role(RoleName=role)
    done = audit("access")
    assert done.exit_code == 3
    assert "No role of this account has the tag Stack=staging" in done.stderr


@pytest.mark.parametrize(
    ("policy", "finding"),
    [
        (statement("*"), "any principal: a wildcard"),
        (statement({"AWS": ["*"]}), "any principal: a wildcard"),
        (
            statement({"AWS": "*"}, {"Bool": {"aws:SecureTransport": "true"}}),
            "any principal: a wildcard",
        ),
        ({"Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": "1"}}]}, "a wildcard"),
        (statement({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), ""),
        (statement({"AWS": ACCOUNT}), ""),
        (statement({"AWS": "arn:aws:iam::999999999999:role/x"}), "another account, 999999999999"),
        (statement({"Federated": PROVIDER.replace(ACCOUNT, "9" * 12)}, claims("x")), "another acc"),
        (statement({"AWS": "AROAEXAMPLEEXAMPLE123"}), "a deleted principal"),
        (statement({"Service": "ecs.amazonaws.com"}), ""),
        (statement({"Service": "ecs-tasks.amazonaws.com"}), "no aws:SourceAccount"),
        (
            statement(
                {"Service": "ecs-tasks.amazonaws.com"},
                {"StringNotEquals": {"aws:SourceAccount": "999999999999"}},
            ),
            "no aws:SourceAccount",
        ),
        (
            statement({"Service": "ecs-tasks.amazonaws.com"}, {"ArnLike": {"aws:SourceArn": OURS}}),
            "",
        ),
        (
            statement(
                {"Service": "ecs-tasks.amazonaws.com"}, {"ArnLike": {"AWS:sourceArn": THEIRS}}
            ),
            "account 999999999999",
        ),
        (
            statement({"Service": "ecs-tasks.amazonaws.com"}, {"ArnLike": {"aws:SourceArn": "*"}}),
            "any account",
        ),
        (oidc(claims("repo:a/b:environment:staging")), ""),
        (
            oidc({"StringEquals": {f"{GITHUB}:sub": "repo:a/b:pull_request"}}),
            "any aud in the token",
        ),
        (oidc({"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}}), "any sub in the token"),
        (oidc({}), "any sub in the token"),
        (
            oidc({"ForAllValues:StringLike": {f"{GITHUB}:sub": "repo:a/b:*"}}),
            "any sub in the token",  # true when the token has none
        ),
        (oidc({"StringLikeIfExists": {f"{GITHUB}:sub": "repo:a/b:*"}}), "any sub in the token"),
    ],
)
def test_findings_of_a_trust_policy(policy: Any, finding: str) -> None:
    (found,) = trusted(policy, ACCOUNT)
    assert finding in "; ".join(found.findings)
    assert bool(finding) is bool(found.findings)


def test_a_deny_statement_admits_no_principal() -> None:
    denied = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
    assert list(trusted({"Statement": [denied]}, ACCOUNT)) == []


@pytest.mark.parametrize(
    ("condition", "who", "stars"),
    [
        (claims(["repo:a/b:ref:refs/heads/x"]), "jobs of x in a/b", []),
        (
            claims(["repo:a@12/b@34:environment:x"]),
            "jobs of the environment x in a/b (owner 12, repository 34)",
            [],
        ),
        (
            {"StringLike": {f"{GITHUB}:sub": "repo:a/*:*"}},
            "every job with a subject like repo:a/*:*",
            ["repo:a/*:*"],
        ),
        ({"StringLike": {f"{GITHUB}:sub": "repo:a/b:*"}}, "jobs like * in a/b", ["repo:a/b:*"]),
        # Here `*` is literal and matches no job.
        ({"StringEquals": {f"{GITHUB}:sub": "repo:a/b:*"}}, "jobs like * in a/b", []),
        ({}, "every job on GitHub", []),
    ],
)
def test_jobs_of_github_are_readable(condition: Any, who: str, stars: list[str]) -> None:
    (found,) = trusted(oidc(condition), ACCOUNT)
    assert found.who == who
    assert wildcards(found.subjects, found.conditions) == stars


@pytest.mark.parametrize("service", sorted(SENDS_SOURCE))
def test_a_components_trust_policy_of_a_service_has_no_findings(service: str) -> None:
    (right,) = trusted(json.loads(assume_role_policy(service, source_arn=OURS)), ACCOUNT)
    (bare,) = trusted(json.loads(assume_role_policy(service)), ACCOUNT)
    assert not right.findings
    assert bare.findings
