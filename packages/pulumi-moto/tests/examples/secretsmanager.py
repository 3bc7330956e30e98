import json
from typing import Any

import boto3

from row_example import Example


def _key() -> str:
    made = boto3.client("kms").create_key()
    return str(made["KeyMetadata"]["Arn"])


def _secret() -> dict[str, Any]:
    return {
        "name": "shop/test/database",
        "description": "User and password of the database",
        "kmsKeyId": _key(),
        "recoveryWindowInDays": 7,
        "tags": {"Stack": "test", "Component": "secrets"},
    }


def _version() -> dict[str, Any]:
    secret = boto3.client("secretsmanager").create_secret(Name="shop/test/database")
    return {
        "secretId": secret["ARN"],
        "secretString": json.dumps({"username": "shop", "password": "first"}),
        "versionStages": ["AWSCURRENT", "shop-initial"],
    }


EXAMPLES = {
    "aws:secretsmanager/secret:Secret": Example(
        inputs=_secret,
        change={
            "description": "The database's password",
            "recoveryWindowInDays": 0,
            "tags": {"Stack": "other"},
        },
        more={"kmsKeyId": lambda _: {"kmsKeyId": _key()}},
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": Example(
        inputs=_version, change={"versionStages": ["AWSCURRENT", "shop-first"]}
    ),
}
