"""Which jobs may assume which role, with both forms of the subject in GitHub's tokens."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from access import images
from access import trust as ci_documents
from iam_evaluator import may_assume
from iam_requests import APPLICATION, PRODUCTION, REPOSITORY

PROVIDER = ci_documents.provider_arn(PRODUCTION.account)
PIPELINE = PRODUCTION.pipeline
TRUST = {
    "preview": ci_documents.preview_trust(PIPELINE, PROVIDER),
    "deploy": ci_documents.deploy_trust(PIPELINE, PROVIDER),
    "bootstrap": ci_documents.bootstrap_trust(PIPELINE, PROVIDER),
    "images": images.trust(PIPELINE, PROVIDER),
}
IMMUTABLE = "arbor-energy@1234/infrastructure@5678"
WORKFLOWS = Path(__file__).parents[2] / ".github" / "workflows"


def token(
    context: str,
    *,
    repository: str = REPOSITORY,
    repository_id: str = "5678",
    ref: str = "refs/heads/main",
    called: str = "",
    file: str = "up-stack.yml",
    audience: str = "sts.amazonaws.com",
) -> dict[str, str]:
    """The claims of a job, at the ref of its run; `called` is another ref of the workflow's file.

    https://docs.github.com/en/actions/reference/security/oidc
    """
    names = re.sub(r"@\d+", "", repository)
    return {
        "aud": audience,
        "sub": f"repo:{repository}:{context}",
        "repository_id": repository_id,
        "job_workflow_ref": f"{names}/.github/workflows/{file}@{called or ref}",
        "ref": ref,
    }


def may(role: str, claims: dict[str, str]) -> bool:
    return may_assume(TRUST[role], claims, provider=PROVIDER, issuer=ci_documents.ISSUER)


@pytest.mark.parametrize("repository", [REPOSITORY, IMMUTABLE])
def test_jobs_of_main_deploy_and_pull_requests_preview(repository: str) -> None:
    of_environment = token("environment:production", repository=repository)
    pull_request = token(
        "pull_request", repository=repository, ref="refs/pull/7/merge", file="preview.yml"
    )
    assert may("deploy", of_environment)
    assert may("preview", pull_request)
    assert may("preview", token("ref:refs/heads/main", repository=repository))
    assert not may("preview", of_environment)
    assert not may("deploy", pull_request)


@pytest.mark.parametrize("repository", [REPOSITORY, IMMUTABLE])
@pytest.mark.parametrize(
    "changed",
    [
        {"ref": "refs/tags/v1.2.3", "file": "release.yml"},
        {"ref": "refs/heads/feature"},
        {"ref": "refs/heads/feature", "called": "refs/heads/main"},
        {"ref": "refs/tags/v1", "called": "refs/heads/main"},
        {"called": "refs/heads/feature"},
        {"file": "own-roles.yml"},
        {"ref": "refs/tags/v1@refs/heads/main"},
        {"ref": "refs/heads/x@refs/heads/main"},
        {"ref": "refs/pull/7/merge"},
        {"file": "mine.yml"},
        {"audience": "sigstore"},
        {"repository_id": "9999"},
    ],
    ids=str,
)
def test_no_other_job_of_the_environment_deploys(repository: str, changed: dict[str, str]) -> None:
    """A tag, a branch, another workflow, or a repository that took over the name."""
    assert not may("deploy", token("environment:production", repository=repository, **changed))
    changed = {**changed, "file": "own-roles.yml" if "file" not in changed else "up-stack.yml"}
    assert not may("bootstrap", token("environment:production", repository=repository, **changed))


def test_only_the_own_roles_workflow_assumes_the_first_deploy_role() -> None:
    for file in ci_documents.DEPLOYING_WORKFLOWS:
        assert may("deploy", token("environment:production", file=file))
        assert not may("bootstrap", token("environment:production", file=file))
    assert may("bootstrap", token("environment:production", file="own-roles.yml"))


@pytest.mark.parametrize(
    "claims",
    [
        token("environment:staging"),
        token("ref:refs/heads/main"),
        token("environment:production", repository="arbor-energy/other"),
        token("environment:production", repository="arbor-energy@9/infrastructure@5678"),
        token("environment:production", repository="arbor-energy@1234/infrastructure@9"),
        token("environment:production", repository=APPLICATION),
    ],
    ids=lambda claims: str(claims["sub"]),
)
def test_no_other_subject_deploys(claims: dict[str, str]) -> None:
    assert not may("deploy", claims)


def test_the_applications_environment_only_pushes_images() -> None:
    claims = token("environment:production", repository=APPLICATION, ref="refs/tags/v1.2.3")
    assert may("images", claims)
    assert not may("images", token("environment:staging", repository=APPLICATION))
    assert not may("images", token("pull_request", repository=APPLICATION))
    assert not may("images", token("environment:production"))


def roles(workflow: Any) -> set[str]:
    """The roles that a workflow's jobs with an environment and a token assume."""
    return {
        step["with"]["as"]
        for job in workflow["jobs"].values()
        if "environment" in job and "id-token" in (job.get("permissions") or {})
        for step in job["steps"]
        if str(step.get("uses")).startswith("./.github/actions/sign-in")
    }


@pytest.mark.parametrize(
    ("role", "listed"),
    [("deploy", ci_documents.DEPLOYING_WORKFLOWS), ("bootstrap", ci_documents.BOOTSTRAP_WORKFLOWS)],
)
def test_each_role_trusts_exactly_the_workflows_that_assume_it(
    role: str, listed: tuple[str, ...]
) -> None:
    files = {path.name: yaml.safe_load(path.read_text()) for path in WORKFLOWS.glob("*.yml")}
    assert {name for name, workflow in files.items() if role in roles(workflow)} == set(listed)
