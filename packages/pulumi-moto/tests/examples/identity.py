"""Examples of the rows of IAM, KMS and random."""

import json
from typing import Any

import boto3

from row_example import Example

BOUNDARY = "arn:aws:iam::123456789012:policy/{}"
TAGS = {"Stack": "test"}
OTHER = {"Stack": "other", "More": "yes"}


def document(service: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def permission(action: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def key_policy(sid: str) -> str:
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def role() -> str:
    boto3.client("iam").create_role(RoleName="task", AssumeRolePolicyDocument=document("ecs"))
    return "task"


def key() -> str:
    return str(boto3.client("kms").create_key()["KeyMetadata"]["KeyId"])


def password() -> dict[str, Any]:
    return {
        "length": 24,
        "special": True,
        "overrideSpecial": "!-",
        "lower": True,
        "upper": True,
        "numeric": True,
        "minLower": 1,
        "minUpper": 1,
        "minNumeric": 1,
        "minSpecial": 1,
        "keepers": {"draw": "first"},
    }


EXAMPLES = {
    "aws:iam/role:Role": Example(
        inputs=lambda: {
            "name": "task",
            "path": "/shop/staging/",
            "assumeRolePolicy": document("ecs-tasks"),
            "description": "runs",
            "maxSessionDuration": 7200,
            "permissionsBoundary": BOUNDARY.format("first"),
            "tags": TAGS,
        },
        change={
            "assumeRolePolicy": document("ecs"),
            "description": "walks",
            "maxSessionDuration": 14400,
            "permissionsBoundary": BOUNDARY.format("second"),
            "tags": OTHER,
        },
    ),
    "aws:iam/policy:Policy": Example(
        inputs=lambda: {
            "name": "reads",
            "path": "/shop/",
            "policy": permission("s3:GetObject"),
            "description": "reads",
            "tags": TAGS,
        },
        change={"policy": permission("s3:PutObject"), "tags": OTHER},
    ),
    "aws:iam/rolePolicy:RolePolicy": Example(
        inputs=lambda: {"role": role(), "name": "reads", "policy": permission("s3:GetObject")},
        change={"policy": permission("s3:PutObject")},
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Example(
        inputs=lambda: {
            "role": role(),
            "policyArn": "arn:aws:iam::aws:policy/"
            "AmazonECSInfrastructureRolePolicyForLoadBalancers",
        }
    ),
    "aws:kms/key:Key": Example(
        inputs=lambda: {
            "description": "logs",
            "enableKeyRotation": True,
            "rotationPeriodInDays": 180,
            "policy": key_policy("one"),
            "deletionWindowInDays": 7,
            "tags": TAGS,
        },
        change={
            "description": "data",
            "rotationPeriodInDays": 90,
            "policy": key_policy("two"),
            "deletionWindowInDays": 14,
            "tags": OTHER,
        },
        more={"enableKeyRotation": {"enableKeyRotation": False, "rotationPeriodInDays": None}},
    ),
    "aws:kms/alias:Alias": Example(
        inputs=lambda: {"name": "alias/logs", "targetKeyId": key()},
        change=lambda: {"targetKeyId": key()},
    ),
    "random:index/randomPassword:RandomPassword": Example(inputs=password),
    "random:index/randomId:RandomId": Example(
        inputs=lambda: {"byteLength": 4, "prefix": "final-", "keepers": {"draw": "first"}}
    ),
}
