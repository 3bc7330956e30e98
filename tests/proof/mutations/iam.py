"""Changes that violate the rules on identity."""

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws

from proof.mutation import Mutation, edit_json
from proof.mutations.s3 import TAGS

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
GITHUB = "token.actions.githubusercontent.com"
BUCKET = "arn:aws:s3:::arbor-log-exports/*"


def _statement(**more: object) -> Callable[[dict[str, Any]], None]:
    def add(policy: dict[str, Any]) -> None:
        policy["Statement"].append({"Effect": "Allow", **more})

    return add


def _managed(action: str, resource: str) -> Callable[[str, object], object]:
    """Adds a managed policy by its type alone, because the emulated account has none."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    def add(name: str, _nothing: object) -> None:
        added = pulumi.ComponentResource("aws:iam/policy:Policy", name, {"policy": policy})
        added.register_outputs({"tags": TAGS})

    return add


def _attached(policy: str) -> Callable[[str, Any], object]:
    """Attaches another policy to the borrowed role."""
    return lambda name, role: aws.iam.RolePolicyAttachment(name, role=role, policy_arn=policy)


def _any_repository(name: str, _nothing: object) -> None:
    aws.iam.Role(
        name,
        assume_role_policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {
                            "Federated": f"arn:aws:iam::123456789012:oidc-provider/{GITHUB}"
                        },
                        "Action": "sts:AssumeRoleWithWebIdentity",
                        "Condition": {
                            "StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"},
                            "StringLike": {f"{GITHUB}:sub": "repo:arbor/*"},
                        },
                    }
                ],
            }
        ),
        tags=TAGS,
    )


def _shared_secret(name: str, _nothing: object) -> None:
    """Adds a policy by its type alone, because the emulated account has none."""
    statement = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Principal": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": "*"}]})
    token = "aws:secretsmanager/secretPolicy:SecretPolicy"
    pulumi.ComponentResource(token, name, {"policy": policy}).register_outputs({"tags": TAGS})


MUTATIONS = (
    Mutation(
        rule="iam-actions",
        what="the backend has s3:* on the exports",
        token=ROLE_POLICY,
        resource="backend-task-roles-task-policy",
        edit=edit_json("policy", _statement(Action="s3:*", Resource=BUCKET)),
    ),
    Mutation(
        rule="iam-resources",
        what="the backend can read every bucket",
        token=ROLE_POLICY,
        resource="backend-task-roles-task-policy",
        edit=edit_json("policy", _statement(Action="s3:GetObject", Resource="*")),
    ),
    Mutation(
        rule="iam-policy-kind",
        what="the infrastructure role has a policy outside the stack",
        borrows=(ATTACHMENT, "backend-infrastructure-policy", "role"),
        adds=_attached("arn:aws:iam::123456789012:policy/elsewhere"),
    ),
    Mutation(
        rule="iam-full-access",
        what="the infrastructure role has AdministratorAccess",
        borrows=(ATTACHMENT, "backend-infrastructure-policy", "role"),
        adds=_attached("arn:aws:iam::aws:policy/AdministratorAccess"),
    ),
    Mutation(
        rule="iam-actions",
        what="a managed policy allows s3:* on the exports",
        adds=_managed("s3:*", BUCKET),
    ),
    Mutation(
        rule="iam-resources",
        what="a managed policy allows reading every bucket",
        adds=_managed("s3:GetObject", "*"),
    ),
    Mutation(
        rule="iam-trust",
        what="everyone can assume the backend's task role",
        token="aws:iam/role:Role",
        resource="backend-task-roles-task-role",
        edit=edit_json(
            "assume_role_policy", _statement(Action="sts:AssumeRole", Principal={"AWS": "*"})
        ),
    ),
    Mutation(
        rule="iam-github-bound",
        what="any repository of the owner can assume a role",
        adds=_any_repository,
    ),
    Mutation(
        rule="iam-bucket-principal",
        what="everyone can read the exports",
        token="aws:s3/bucketPolicy:BucketPolicy",
        resource="log-export-policy",
        edit=edit_json("policy", _statement(Action="s3:GetObject", Resource=BUCKET, Principal="*")),
    ),
    Mutation(
        rule="iam-key-principal",
        what="everyone can decrypt with a key",
        token="aws:kms/key:Key",
        resource="database-key-key",
        edit=edit_json(
            "policy", _statement(Action="kms:Decrypt", Resource="*", Principal={"AWS": "*"})
        ),
    ),
    Mutation(
        rule="iam-resource-principal",
        what="everyone can read a secret",
        adds=_shared_secret,
    ),
    Mutation(
        rule="iam-no-long-lived-keys",
        what="an access key without expiry",
        adds=lambda name, _: pulumi.ComponentResource("aws:iam/accessKey:AccessKey", name),
    ),
)
