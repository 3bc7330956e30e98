"""The pipeline's way in: GitHub's OpenID Connect provider, a role that reads, a role that deploys.

https://docs.github.com/en/actions/security-for-github-actions/security-hardening-your-deployments
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
READS = "arn:aws:iam::aws:policy/ReadOnlyAccess"
DEPLOYS = "arn:aws:iam::aws:policy/PowerUserAccess"
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
class CiAccessArgs:
    """Plain throughout: who may come in is reviewed, never computed."""

    repository: str
    """OWNER/NAME."""
    environment: str
    """The GitHub environment whose jobs may deploy."""
    provider_arn: str | None
    """The account's provider for GitHub; there is one an account. None makes it."""
    account_id: str
    preview_role: str
    deploy_role: str
    state_bucket: str
    state_key_alias: str
    protect: bool
    """Nobody deletes the provider under another stack's roles."""
    tags: Mapping[str, str] = field(default_factory=dict)


class CiAccess(pulumi.ComponentResource):
    """No key that lasts: a job proves which repository and environment it runs for."""

    preview_role_arn: pulumi.Output[str]
    deploy_role_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: CiAccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:pipeline:CiAccess", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)

        # The ARN follows from the account, so that a preview can judge who is trusted.
        provider = args.provider_arn or f"arn:aws:iam::{args.account_id}:oidc-provider/{ISSUER}"
        self._ready = self._of_github()
        preview = self._role("preview", args.preview_role, provider, READS, _of_previews(args))
        deploy = self._role("deploy", args.deploy_role, provider, DEPLOYS, _of_deploys(args))
        self.preview_role_arn = preview.arn
        self.deploy_role_arn = deploy.arn
        self.register_outputs(
            {"preview_role_arn": self.preview_role_arn, "deploy_role_arn": self.deploy_role_arn}
        )

    def _of_github(self) -> list[pulumi.Resource]:
        args = self._args
        if args.provider_arn is not None:
            return []
        made = aws.iam.OpenIdConnectProvider(
            f"{self._name}-github",
            url=f"https://{ISSUER}",
            client_id_lists=[AUDIENCE],
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        return [made]

    def _role(
        self,
        kind: str,
        physical_name: str,
        provider: str,
        managed: str,
        statements: list[Statement],
    ) -> aws.iam.Role:
        name, args = f"{self._name}-{kind}", self._args
        role = aws.iam.Role(
            name,
            name=physical_name,
            assume_role_policy=trust(provider, subjects(args)[kind]),
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=self._ready),
        )
        aws.iam.RolePolicyAttachment(
            f"{name}-managed", role=role.name, policy_arn=managed, opts=self._child
        )
        aws.iam.RolePolicy(
            f"{name}-policy",
            role=role.name,
            policy=json.dumps({"Version": "2012-10-17", "Statement": statements}),
            opts=self._child,
        )
        return role


def subjects(args: CiAccessArgs) -> dict[str, list[str]]:
    """What GitHub's token says of a job that may have each role."""
    repository = f"repo:{args.repository}"
    return {
        "preview": [f"{repository}:pull_request", f"{repository}:ref:refs/heads/main"],
        "deploy": [f"{repository}:environment:{args.environment}"],
    }


def trust(provider: str, allowed: Sequence[str]) -> str:
    """The trust policy for jobs with one of these subjects, spelled out without wildcards."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": provider},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {
                        "StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": list(allowed)}
                    },
                }
            ],
        }
    )


def _state(args: CiAccessArgs, *, write: bool) -> list[Statement]:
    """The bucket with the state, and the key of the secrets in it."""
    bucket = f"arn:aws:s3:::{args.state_bucket}"
    objects = ["s3:GetObject", *(["s3:PutObject", "s3:DeleteObject"] if write else [])]
    return [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket},
        {"Effect": "Allow", "Action": objects, "Resource": f"{bucket}/*"},
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", *(["kms:Encrypt", "kms:GenerateDataKey"] if write else [])],
            "Resource": f"arn:aws:kms:*:{args.account_id}:key/*",
            "Condition": {
                "ForAnyValue:StringEquals": {"kms:ResourceAliases": args.state_key_alias}
            },
        },
    ]


def _of_previews(args: CiAccessArgs) -> list[Statement]:
    return [
        *_state(args, write=False),
        {"Effect": "Deny", "Action": list(NOT_FOR_PREVIEWS), "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "NotResource": f"arn:aws:s3:::{args.state_bucket}/*",
        },
    ]


def _of_deploys(args: CiAccessArgs) -> list[Statement]:
    roles = f"arn:aws:iam::{args.account_id}:role/"
    return [
        *_state(args, write=True),
        {"Effect": "Allow", "Action": list(ROLE_ACTIONS), "Resource": f"{roles}*"},
        {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": f"{roles}*",
            "Condition": {"StringEquals": {"iam:PassedToService": list(PASSED_TO)}},
        },
        {
            # Whoever merges must not give the pipeline more than it has.
            "Effect": "Deny",
            "Action": list(ROLE_ACTIONS),
            "Resource": [f"{roles}{args.preview_role}", f"{roles}{args.deploy_role}"],
        },
    ]
