import json
from typing import Any

import boto3

from row_example import Example


def _group() -> dict[str, Any]:
    policy = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Effect": "Allow",
                "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
                "Action": [
                    "kms:Encrypt*",
                    "kms:Decrypt*",
                    "kms:ReEncrypt*",
                    "kms:GenerateDataKey*",
                ],
                "Resource": "*",
            },
        ]
    }
    key = boto3.client("kms").create_key(Policy=json.dumps(policy))
    return {
        "name": "/ecs/shop",
        "retentionInDays": 30,
        "kmsKeyId": key["KeyMetadata"]["Arn"],
        "tags": {"Stack": "test", "Component": "logs"},
    }


EXAMPLES = {
    "aws:cloudwatch/logGroup:LogGroup": Example(
        inputs=_group, change={"retentionInDays": 90, "kmsKeyId": "", "tags": {"Stack": "other"}}
    )
}
