"""`arbor audit access`: who may assume a role of the stack, in words, and what is wrong in it."""

import json
from typing import Any

import pytest

from access import trust as ci_documents
from arbor.security.audit.trust import GITHUB, SAY_FOR_WHOM, trusted, wildcards
from audit_world import ACCOUNT, github, make_role
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


def test_what_infrastructure_makes_is_no_finding_and_is_told_in_words(audit: Any) -> None:
    done = audit("access", "--json")
    assert done.exit_code == 0, done.output
    says = {
        line["what"]: (line["verdict"], line["says"]) for line in json.loads(done.stdout)["lines"]
    }
    repository = "arbor-energy/infrastructure"
    assert says["arbor-staging-ci-deploy"] == (
        "OK",
        f"jobs of the environment staging in {repository}",
    )
    assert says["arbor-staging-ci-preview"] == (
        "OK",
        f"pull requests in {repository}; jobs of main in {repository}",
    )
    assert says["arbor-staging-ci-bootstrap"][0] == "SKIP"
    assert says["operators"][0] == "SKIP"
    assert "OK    arbor-staging-ci-deploy" in audit("access").stdout


def test_the_role_that_pushes_images_is_for_the_environments_jobs_of_any_workflow(
    audit: Any,
) -> None:
    right = json.loads(ci_documents.trust(PROVIDER, ["repo:a/app:environment:staging"]))
    make_role("arbor-staging-ci-images", right)
    assert audit("access").exit_code == 0


def test_the_role_that_pushes_images_is_not_for_pull_requests(audit: Any, wrong: Any) -> None:
    other = json.loads(ci_documents.trust(PROVIDER, ["repo:a/app:pull_request"]))
    make_role("arbor-staging-ci-images", other)
    (line,) = wrong(json.loads(audit("access", "--json").stdout))
    assert "is not of the environment staging" in line["about"]["wrong"][0]


@pytest.mark.parametrize(
    "workflows",
    [
        None,
        ["a/b/.github/workflows/release.yml@refs/tags/v1.2.3"],
        # Both end like main's, and git allows such a name for a tag.
        ["a/b/.github/workflows/*@refs/heads/main"],
        ["a/b/.github/workflows/up.yml@refs/tags/v1@refs/heads/main"],
    ],
)
def test_a_role_that_writes_and_takes_a_tags_own_workflow_is_a_finding(
    audit: Any, wrong: Any, workflows: list[str] | None
) -> None:
    subjects = ["repo:a/b:environment:staging"]
    trust = ci_documents.trust(PROVIDER, subjects, workflows=workflows, ref=ci_documents.MAIN)
    policy = json.loads(trust)
    make_role("arbor-staging-ci-bootstrap", policy)
    (line,) = wrong(json.loads(audit("access", "--json").stdout))
    assert line["about"]["wrong"] == [
        "a job of any workflow, so that a pushed tag can run its own: no job_workflow_ref of main"
    ]


@pytest.mark.parametrize("ref", [None, "refs/heads/feature"])
def test_a_role_that_writes_and_takes_a_branchs_run_is_a_finding(
    audit: Any, wrong: Any, ref: str | None
) -> None:
    """What a role from before has, until its trust policy is written anew."""
    workflows = ["a/b/.github/workflows/up-stack.yml@refs/heads/main"]
    subjects = ["repo:a/b:environment:staging"]
    policy = json.loads(ci_documents.trust(PROVIDER, subjects, workflows=workflows, ref=ref))
    make_role("arbor-staging-ci-bootstrap", policy)
    (line,) = wrong(json.loads(audit("access", "--json").stdout))
    assert line["about"]["wrong"] == [
        "a job of any branch, whose workflow can call main's: no ref refs/heads/main"
    ]
    assert "pipeline bootstrap --stack staging" in line["mend"]


def test_findings_of_every_role_of_the_stack_and_of_no_other(audit: Any, wrong: Any) -> None:
    make_role("of-the-stack-by-tag", statement({"AWS": "*"}))
    make_role(
        "arbor-staging-by-name",
        statement({"AWS": "999999999999"}),
        Stack="other",
        ManagedBy="hand",
    )
    make_role("arbor-staging-ci-bootstrap", github("environment:production"))
    make_role("of-production", statement({"AWS": "*"}), Stack="production")
    make_role("AWSReservedSSO_Admin_1", statement({"AWS": ACCOUNT}), Stack="none")
    done = audit("access", "--json")
    assert done.exit_code == 1
    answer = json.loads(done.stdout)
    found = {line["what"]: line["about"]["wrong"] for line in wrong(answer)}
    theirs = "repo:arbor-energy/infrastructure:environment:production"
    assert found == {
        "arbor-staging-by-name": ["another account, 999999999999"],
        "arbor-staging-ci-bootstrap": [
            f"{theirs} is not of the environment staging, whose reviewers decide"
        ],
        "of-the-stack-by-tag": ["anybody: a wildcard principal"],
    }
    mend = {line["what"]: line["mend"] for line in wrong(answer)}
    assert "pulumi up" in mend["of-the-stack-by-tag"]
    assert "pipeline bootstrap --stack staging" in mend["arbor-staging-ci-bootstrap"]
    assert (
        "update-assume-role-policy --role-name arbor-staging-by-name"
        in (mend["arbor-staging-by-name"])
    )
    people = answer["lines"][-1]
    assert people["about"]["signed_in_by"] == ["AWSReservedSSO_Admin_1"]
    assert people["about"]["roles"] == ["arbor-staging-by-name", "of-the-stack-by-tag"]


def test_a_stack_without_roles_is_refused(audit: Any) -> None:
    iam = client("iam")
    for role in ("arbor-staging-ci-deploy", "arbor-staging-ci-preview"):
        iam.delete_role(RoleName=role)
    done = audit("access")
    assert done.exit_code == 3
    assert "No role of this account is tagged Stack=staging" in done.stderr


@pytest.mark.parametrize(
    ("policy", "wrong"),
    [
        (statement("*"), "a wildcard principal"),
        (statement({"AWS": ["*"]}), "a wildcard principal"),
        (
            statement({"AWS": "*"}, {"Bool": {"aws:SecureTransport": "true"}}),
            "a wildcard principal",
        ),
        ({"Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": "1"}}]}, "wildcard principal"),
        (statement({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), ""),
        (statement({"AWS": ACCOUNT}), ""),
        (statement({"AWS": "arn:aws:iam::999999999999:role/x"}), "another account, 999999999999"),
        (statement({"Federated": PROVIDER.replace(ACCOUNT, "9" * 12)}, claims("x")), "another acc"),
        (statement({"AWS": "AROAEXAMPLEEXAMPLE123"}), "was deleted"),
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
            "the account 999999999999",
        ),
        (
            statement({"Service": "ecs-tasks.amazonaws.com"}, {"ArnLike": {"aws:SourceArn": "*"}}),
            "the account of anybody",
        ),
        (oidc(claims("repo:a/b:environment:staging")), ""),
        (oidc({"StringEquals": {f"{GITHUB}:sub": "repo:a/b:pull_request"}}), "token's aud"),
        (oidc({"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}}), "token's sub"),
        (oidc({}), "token's sub"),
        (
            oidc({"ForAllValues:StringLike": {f"{GITHUB}:sub": "repo:a/b:*"}}),
            "token's sub",  # true when the token has none
        ),
        (oidc({"StringLikeIfExists": {f"{GITHUB}:sub": "repo:a/b:*"}}), "token's sub"),
    ],
)
def test_what_is_wrong_in_a_trust_policy(policy: Any, wrong: str) -> None:
    (found,) = trusted(policy, ACCOUNT)
    assert wrong in "; ".join(found.wrong)
    assert bool(wrong) is bool(found.wrong)


def test_what_is_denied_lets_nobody_in() -> None:
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
            "every job whose subject is like repo:a/*:*",
            ["repo:a/*:*"],
        ),
        ({"StringLike": {f"{GITHUB}:sub": "repo:a/b:*"}}, "jobs like * in a/b", ["repo:a/b:*"]),
        # Here a star is a star, and lets nobody in.
        ({"StringEquals": {f"{GITHUB}:sub": "repo:a/b:*"}}, "jobs like * in a/b", []),
        ({}, "every job on GitHub", []),
    ],
)
def test_jobs_of_github_are_spelled_out(condition: Any, who: str, stars: list[str]) -> None:
    (found,) = trusted(oidc(condition), ACCOUNT)
    assert found.who == who
    assert wildcards(found.subjects, found.conditions) == stars


@pytest.mark.parametrize("service", sorted(SAY_FOR_WHOM))
def test_what_components_write_for_a_service_passes(service: str) -> None:
    (right,) = trusted(json.loads(assume_role_policy(service, source_arn=OURS)), ACCOUNT)
    (bare,) = trusted(json.loads(assume_role_policy(service)), ACCOUNT)
    assert not right.wrong
    assert bare.wrong
