"""Examples of the rows of S3."""

import json
from typing import Any

import boto3

from row_example import Example

TAGS = {"Stack": "test"}


def bucket() -> str:
    boto3.client("s3").create_bucket(Bucket="shop-example")
    return "shop-example"


def policy(sid: str) -> str:
    statement = {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::shop-example/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def expire(days: int) -> list[dict[str, Any]]:
    return [
        {
            "id": "expire",
            "status": "Enabled",
            "filter": {"prefix": "logs/"},
            "expiration": {"days": days},
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
        }
    ]


def encryption(algorithm: str) -> list[dict[str, Any]]:
    default = {"sseAlgorithm": algorithm, "kmsMasterKeyId": "alias/data"}
    return [{"applyServerSideEncryptionByDefault": default, "bucketKeyEnabled": True}]


EXAMPLES = {
    "aws:s3/bucket:Bucket": Example(
        inputs=lambda: {"bucket": "shop-example", "forceDestroy": True, "tags": TAGS},
        change={"forceDestroy": False, "tags": {"Stack": "other"}},
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Example(
        inputs=lambda: {"bucket": bucket(), "policy": policy("one")},
        change={"policy": policy("two")},
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Example(
        inputs=lambda: {
            "bucket": bucket(),
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
        change={
            "blockPublicAcls": False,
            "blockPublicPolicy": False,
            "ignorePublicAcls": False,
            "restrictPublicBuckets": False,
        },
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": Example(
        inputs=lambda: {"bucket": bucket(), "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        change={"rule": {"objectOwnership": "BucketOwnerPreferred"}},
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": Example(
        inputs=lambda: {"bucket": bucket(), "rules": expire(30)}, change={"rules": expire(90)}
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        Example(
            inputs=lambda: {"bucket": bucket(), "rules": encryption("aws:kms")},
            change={"rules": encryption("aws:kms:dsse")},
        )
    ),
}
