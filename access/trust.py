"""Who may assume the pipeline's roles: the values of a pipeline, and the trust policies.

The stack creates the preview and the deploy role, and `python -m pipeline bootstrap` the first
deploy role, so both read this. The roles' permissions are in the other modules of access/.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
REPOSITORY = re.compile(r"[A-Za-z0-9-]{1,39}/[\w.-]{1,100}", re.ASCII)
"""OWNER/NAME on GitHub."""
SUBJECT_NAME = re.compile(
    r"[A-Za-z0-9-]{1,39}/[\w.-]{1,100}|[A-Za-z0-9-]{1,39}@\d{1,19}/[\w.-]{1,100}@\d{1,19}", re.ASCII
)
"""A repository in the subject of its tokens: OWNER/NAME or OWNER@ID/NAME@ID."""
GITHUB_ID = re.compile(r"[1-9]\d{0,18}", re.ASCII)
"""An owner's or a repository's number on GitHub, which is never reused."""
MAIN: Final = "refs/heads/main"
DEPLOYING_WORKFLOWS: Final = ("operate.yml", "release.yml", "up-stack.yml")
"""The files in .github/workflows with jobs that assume the deploy role."""
BOOTSTRAP_WORKFLOWS: Final = ("own-roles.yml",)
"""The same for the first deploy role."""
Statement = dict[str, Any]
VERSION: Final = "2012-10-17"
"""The version of the policy language."""


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """Plain values: a reviewer can read who may assume a role.

    access/stack.py fills it in for a stack of this project.
    """

    repository: str
    """OWNER/NAME."""
    owner_id: str | None = None
    repository_id: str | None = None
    """Both of GitHub's numbers or neither: with them, the immutable subjects are trusted, too."""
    application_repository: str | None = None
    """The repository whose tags push images, as in its tokens' subject; None creates no role."""
    environment: str
    """The GitHub environment whose jobs may deploy; it has the stack's name."""
    account_id: str
    region: str
    preview_role: str
    deploy_role: str
    images_role: str
    reads_policy: str
    """Name of the managed policy that preview and deploy role share."""
    changes_policy: str
    """Name of the second managed policy of roles that write."""
    every_ci_role: str
    """A pattern for the names of the pipeline's roles, of every stack in the account."""
    role_path: str
    """The path of the program's roles, with a slash at both ends."""
    older_roles: tuple[str, ...] = ()
    """Names of the program's roles without a path, which are older."""
    boundary: str
    """Name of the permissions boundary of the program's roles."""
    every_boundary: str
    """A pattern for the boundaries of every stack in the account."""
    secrets: str
    """A pattern for the names of the stack's secrets."""
    parameters: str
    """The same for its Systems Manager parameters."""
    cluster: str
    """The ECS cluster of the stack's tasks."""
    repositories: str
    """A pattern for the names of its image repositories."""
    log_groups: str
    """The same for the log groups of its tasks."""
    buckets: tuple[str, ...]
    """The same for its buckets."""
    state_bucket: str
    state_log_bucket: str
    state_key_alias: str
    older_state_key_alias: str
    """The alias of the key that encrypts the state's bucket, and older stacks' secrets."""
    break_glass_role: str

    @property
    def location(self) -> str:
        """REGION:ACCOUNT, as in ARNs."""
        return f"{self.region}:{self.account_id}"


def boundary_arn(pipeline: Pipeline) -> str:
    """The ARN of the permissions boundary."""
    return f"arn:aws:iam::{pipeline.account_id}:policy/{pipeline.boundary}"


def provider_arn(account_id: str) -> str:
    """The ARN of GitHub's provider, which follows from its URL: an account has only one."""
    return f"arn:aws:iam::{account_id}:oidc-provider/{ISSUER}"


def preview_subjects(pipeline: Pipeline) -> list[str]:
    """The `sub` of the tokens of jobs that may preview."""
    return _subjects(pipeline, "pull_request", f"ref:{MAIN}")


def deploy_subjects(pipeline: Pipeline) -> list[str]:
    """The `sub` of the tokens of jobs that may deploy."""
    return _subjects(pipeline, f"environment:{pipeline.environment}")


def of_main(pipeline: Pipeline, files: Sequence[str]) -> list[str]:
    """The `job_workflow_ref` of tokens of jobs in these files of the branch main.

    Each is a full value. A pattern such as `*@refs/heads/main` also matches the tag
    `v1@refs/heads/main`, whose name git allows.
    """
    return [f"{pipeline.repository}/.github/workflows/{file}@{MAIN}" for file in files]


def preview_trust(pipeline: Pipeline, provider: str) -> str:
    """The preview role's: pull requests, which run their own workflow, and the branch main."""
    return trust(provider, preview_subjects(pipeline), repository_id=pipeline.repository_id)


def deploy_trust(pipeline: Pipeline, provider: str) -> str:
    """The deploy role's: jobs of main's deploying workflows in the environment."""
    return _trust_of_main(pipeline, provider, DEPLOYING_WORKFLOWS)


def bootstrap_trust(pipeline: Pipeline, provider: str) -> str:
    """The first deploy role's: the same, for the workflow that changes the stack's own roles."""
    return _trust_of_main(pipeline, provider, BOOTSTRAP_WORKFLOWS)


def trust(
    provider: str,
    subjects: list[str],
    *,
    workflows: list[str] | None = None,
    ref: str | None = None,
    repository_id: str | None = None,
) -> str:
    """The trust policy for jobs with one of these subjects, without wildcards.

    `workflows` are values of the claim job_workflow_ref, the file and ref of the job's workflow;
    `ref` is the ref of the run, which differs if a branch's workflow calls main's. None
    allows any. STS evaluates both and repository_id since January 2026:
    https://aws.amazon.com/about-aws/whats-new/2026/01/aws-sts-supports-validation-identity-provider-claims/
    """
    claims: dict[str, str | list[str]] = {"aud": AUDIENCE, "sub": subjects}
    if workflows is not None:
        claims["job_workflow_ref"] = workflows
    if ref is not None:
        claims["ref"] = ref
    if repository_id is not None:
        # A repository that takes over the name has the old subject, but another id.
        claims["repository_id"] = repository_id
    return document(
        [
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {f"{ISSUER}:{k}": v for k, v in claims.items()}},
            }
        ]
    )


def _trust_of_main(pipeline: Pipeline, provider: str, files: Sequence[str]) -> str:
    return trust(
        provider,
        deploy_subjects(pipeline),
        workflows=of_main(pipeline, files),
        ref=MAIN,
        repository_id=pipeline.repository_id,
    )


def document(statements: list[Statement]) -> str:
    """A policy document for IAM, S3 or KMS."""
    return json.dumps({"Version": VERSION, "Statement": statements})


def _subjects(pipeline: Pipeline, *contexts: str) -> list[str]:
    """Both forms of a subject.

    GitHub sends the immutable one for repositories created, renamed or transferred since July 15,
    2026, and for those whose owner opted in.

    https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims
    https://github.com/aws-actions/configure-aws-credentials/issues/1888
    """
    names = [pipeline.repository]
    if pipeline.owner_id is not None and pipeline.repository_id is not None:
        owner, _, name = pipeline.repository.partition("/")
        names.append(f"{owner}@{pipeline.owner_id}/{name}@{pipeline.repository_id}")
    return [f"repo:{name}:{context}" for name in names for context in contexts]
