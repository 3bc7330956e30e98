"""Who may assume the pipeline's roles: the facts of a pipeline, and the trust policies.

The stack makes the preview and the deploy role and `python -m pipeline bootstrap` the one before
them, so both read this. What the roles may do stands in access/.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
READS = "arn:aws:iam::aws:policy/ReadOnlyAccess"
DEPLOYS = "arn:aws:iam::aws:policy/PowerUserAccess"
REPOSITORY = re.compile(r"[A-Za-z0-9-]{1,39}/[\w.-]{1,100}", re.ASCII)
"""OWNER/NAME on GitHub."""
GITHUB_ID = re.compile(r"[1-9]\d{0,18}", re.ASCII)
"""An owner's or a repository's number on GitHub, which is never used again."""
MAIN: Final = "refs/heads/main"
DEPLOYING_WORKFLOWS: Final = ("own-roles.yml", "operate.yml", "release.yml", "up-stack.yml")
"""The files in .github/workflows with jobs that assume the deploy role or the first one."""
NOT_FOR_PREVIEWS = (
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:GetLogRecord",
    "logs:GetQueryResults",
    "logs:StartQuery",
)
"""What managed read access gives and the code of a pull request must not have."""
ROLE_READS = (
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListInstanceProfilesForRole",
    "iam:ListRolePolicies",
)
"""PowerUserAccess gives none of IAM's, and the provider reads back what it made."""
ROLE_ACTIONS = (
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePolicy",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
)
PASSED_TO = (
    "ecs-tasks.amazonaws.com",
    "ecs.amazonaws.com",
    "monitoring.rds.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
)
"""The services that the program's roles are for."""
Statement = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """Plain throughout: who may assume a role is reviewed, never computed."""

    repository: str
    """OWNER/NAME."""
    owner_id: str | None = None
    repository_id: str | None = None
    """Both of GitHub's numbers or neither: with them, the immutable subjects are trusted, too."""
    environment: str
    """The GitHub environment whose jobs may deploy; it has the stack's name."""
    account_id: str
    every_ci_role: str
    """A pattern for the names of the pipeline's roles, of every stack in the account."""
    every_bootstrap_role: str
    """The same for those of them that can change the others."""
    state_bucket: str
    state_key_alias: str


def provider_arn(account_id: str) -> str:
    """Of GitHub's provider, of which an account has one: the ARN follows from its URL."""
    return f"arn:aws:iam::{account_id}:oidc-provider/{ISSUER}"


def preview_subjects(pipeline: Pipeline) -> list[str]:
    """The `sub` of the tokens of jobs that may preview."""
    return _subjects(pipeline, "pull_request", f"ref:{MAIN}")


def deploy_subjects(pipeline: Pipeline) -> list[str]:
    """The `sub` of the tokens of jobs that may deploy."""
    return _subjects(pipeline, f"environment:{pipeline.environment}")


def deploying_workflows(pipeline: Pipeline) -> list[str]:
    """The `job_workflow_ref` of the tokens of jobs that may deploy: files of the branch main.

    Each is spelled out. A pattern such as `*@refs/heads/main` also matches the tag
    `v1@refs/heads/main`, whose name git allows.
    """
    return [
        f"{pipeline.repository}/.github/workflows/{file}@{MAIN}" for file in DEPLOYING_WORKFLOWS
    ]


def preview_trust(pipeline: Pipeline, provider: str) -> str:
    """Of the preview role: pull requests, which run their own workflow, and the branch main."""
    return trust(provider, preview_subjects(pipeline), repository_id=pipeline.repository_id)


def deploy_trust(pipeline: Pipeline, provider: str) -> str:
    """The trust policy of a role that writes: jobs of main's workflows in the environment."""
    return trust(
        provider,
        deploy_subjects(pipeline),
        workflows=deploying_workflows(pipeline),
        repository_id=pipeline.repository_id,
    )


def trust(
    provider: str,
    subjects: list[str],
    *,
    workflows: list[str] | None = None,
    repository_id: str | None = None,
) -> str:
    """The trust policy for jobs with one of these subjects, spelled out without wildcards.

    `workflows` are values of the claim job_workflow_ref, the file and ref of the job's workflow;
    None is any. STS evaluates it and repository_id since January 2026:
    https://aws.amazon.com/about-aws/whats-new/2026/01/aws-sts-supports-validation-identity-provider-claims/
    """
    claims: dict[str, str | list[str]] = {"aud": AUDIENCE, "sub": subjects}
    if workflows is not None:
        claims["job_workflow_ref"] = workflows
    if repository_id is not None:
        # A repository that takes over the name sends the old subject, and another id.
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


def of_previews(pipeline: Pipeline) -> str:
    """Reads the state, and of what managed read access gives not the secrets."""
    return document(
        [
            *_state(pipeline, write=False),
            {"Effect": "Deny", "Action": list(NOT_FOR_PREVIEWS), "Resource": "*"},
            {
                "Effect": "Deny",
                "Action": ["s3:GetObject", "s3:GetObjectVersion"],
                "NotResource": f"arn:aws:s3:::{pipeline.state_bucket}/*",
            },
        ]
    )


def of_deploys(pipeline: Pipeline) -> str:
    """Changes everything but the pipeline's own roles, of this stack or another.

    Whoever merges must not give the pipeline more than it has.
    """
    return document([*_changes(pipeline), _never(pipeline, pipeline.every_ci_role)])


def of_bootstrap(pipeline: Pipeline) -> str:
    """Also makes and changes the stack's two roles; neither its own kind, nor another stack's."""
    others = _never(pipeline, pipeline.every_ci_role)
    others["Condition"] = {
        # Without the first, a role that isn't there yet would be another stack's.
        "Null": {"aws:ResourceTag/Stack": "false"},
        "StringNotEquals": {"aws:ResourceTag/Stack": pipeline.environment},
    }
    return document([*_changes(pipeline), _never(pipeline, pipeline.every_bootstrap_role), others])


def account_key(account_id: str) -> str:
    """A key policy that leaves it to the account's IAM policies who uses the key."""
    root = {"AWS": f"arn:aws:iam::{account_id}:root"}
    return document(
        [
            {
                "Sid": "Account",
                "Effect": "Allow",
                "Principal": root,
                "Action": "kms:*",
                "Resource": "*",
            }
        ]
    )


def only_over_tls(bucket: str) -> Statement:
    """The statement of a bucket's policy that refuses plain HTTP."""
    arn = f"arn:aws:s3:::{bucket}"
    return {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def document(statements: list[Statement]) -> str:
    """These statements as IAM, S3 and KMS take them."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


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


def _changes(pipeline: Pipeline) -> list[Statement]:
    """What a change of the stack needs beyond PowerUserAccess."""
    roles = f"arn:aws:iam::{pipeline.account_id}:role/*"
    return [
        *_state(pipeline, write=True),
        {"Effect": "Allow", "Action": [*ROLE_READS, *ROLE_ACTIONS], "Resource": roles},
        {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": roles,
            "Condition": {"StringEquals": {"iam:PassedToService": list(PASSED_TO)}},
        },
    ]


def _never(pipeline: Pipeline, role: str) -> Statement:
    resource = f"arn:aws:iam::{pipeline.account_id}:role/{role}"
    return {"Effect": "Deny", "Action": list(ROLE_ACTIONS), "Resource": resource}


def _state(pipeline: Pipeline, *, write: bool) -> list[Statement]:
    """The bucket with the state, and the key of the secrets in it."""
    bucket = f"arn:aws:s3:::{pipeline.state_bucket}"
    objects = ["s3:GetObject", *(["s3:PutObject", "s3:DeleteObject"] if write else [])]
    return [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket},
        {"Effect": "Allow", "Action": objects, "Resource": f"{bucket}/*"},
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", *(["kms:Encrypt", "kms:GenerateDataKey"] if write else [])],
            "Resource": f"arn:aws:kms:*:{pipeline.account_id}:key/*",
            "Condition": {
                "ForAnyValue:StringEquals": {"kms:ResourceAliases": pipeline.state_key_alias}
            },
        },
    ]
