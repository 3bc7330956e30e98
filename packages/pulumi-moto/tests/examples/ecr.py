import json
from typing import Any

import boto3

from row_example import Example


def _rules(count: int) -> str:
    return json.dumps(
        {
            "rules": [
                {
                    "rulePriority": 1,
                    "selection": {
                        "tagStatus": "untagged",
                        "countType": "imageCountMoreThan",
                        "countNumber": count,
                    },
                    "action": {"type": "expire"},
                }
            ]
        }
    )


def _policy() -> dict[str, Any]:
    boto3.client("ecr").create_repository(repositoryName="backend")
    return {"repository": "backend", "policy": _rules(10)}


EXAMPLES = {
    "aws:ecr/repository:Repository": Example(
        inputs=lambda: {
            "name": "backend",
            "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": [{"filter": "dev*", "filterType": "WILDCARD"}],
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfigurations": [
                {"encryptionType": "KMS", "kmsKey": "arn:aws:kms:us-east-1:123456789012:key/images"}
            ],
            "forceDelete": True,
            "tags": {"Stack": "test"},
        },
        change={
            "imageTagMutability": "IMMUTABLE",
            "imageTagMutabilityExclusionFilters": [],
            "imageScanningConfiguration": {"scanOnPush": False},
            "forceDelete": False,
            "tags": {"Stack": "other", "Component": "registry"},
        },
        more={
            # The one goes with the other.
            "imageTagMutability": {
                "imageTagMutability": "IMMUTABLE",
                "imageTagMutabilityExclusionFilters": None,
            },
            "imageTagMutabilityExclusionFilters": {
                "imageTagMutabilityExclusionFilters": [
                    {"filter": "test*", "filterType": "WILDCARD"}
                ]
            },
        },
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Example(inputs=_policy),
}
