"""Changes that violate the rules on buckets."""

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws

from proof.mutation import Mutation, edit_json

TAGS = {
    "Project": "arbor",
    "Stack": "production",
    "Environment": "production",
    "Component": "proof",
    "ManagedBy": "pulumi",
}


def _tls_only(bucket: str) -> str:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _bucket_without(setting: str) -> Callable[[str, object], None]:
    """An additional bucket, with every setting except this one."""

    def add(name: str, _nothing: object) -> None:
        made = aws.s3.Bucket(
            name, bucket=f"arbor-{name}", tags=TAGS, opts=pulumi.ResourceOptions(protect=True)
        )
        settings: dict[str, Callable[[], object]] = {
            "block": lambda: aws.s3.BucketPublicAccessBlock(
                f"{name}-block",
                bucket=made.bucket,
                block_public_acls=True,
                block_public_policy=True,
                ignore_public_acls=True,
                restrict_public_buckets=True,
            ),
            "encryption": lambda: aws.s3.BucketServerSideEncryptionConfiguration(
                f"{name}-encryption",
                bucket=made.bucket,
                rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            ),
            "lifecycle": lambda: aws.s3.BucketLifecycleConfiguration(
                f"{name}-lifecycle",
                bucket=made.bucket,
                rules=[{"id": "expire", "status": "Enabled", "expiration": {"days": 9}}],
            ),
            "policy": lambda: aws.s3.BucketPolicy(
                f"{name}-policy", bucket=made.bucket, policy=_tls_only(f"arbor-{name}")
            ),
        }
        for what, declare in settings.items():
            if what != setting:
                declare()

    return add


def _disabled(inputs: dict[str, Any]) -> None:
    inputs["rules"] = [{**rule, "status": "Disabled"} for rule in inputs["rules"]]


def _without_deny(policy: dict[str, Any]) -> None:
    policy["Statement"] = [one for one in policy["Statement"] if one["Effect"] != "Deny"]


MUTATIONS = (
    Mutation(
        rule="s3-public-access-blocked",
        what="the export bucket's public policies aren't blocked",
        token="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        resource="log-export-private",
        inputs={"block_public_policy": False},
    ),
    Mutation(
        rule="s3-public-access-said",
        what="a bucket that doesn't block public access",
        adds=_bucket_without("block"),
    ),
    Mutation(
        rule="s3-encrypted",
        what="a bucket without encryption configuration",
        adds=_bucket_without("encryption"),
    ),
    Mutation(
        rule="s3-lifecycle",
        what="a bucket without lifecycle and versioning",
        adds=_bucket_without("lifecycle"),
    ),
    Mutation(
        rule="s3-policy-said", what="a bucket without a policy", adds=_bucket_without("policy")
    ),
    Mutation(
        rule="s3-lifecycle-enabled",
        what="exports don't expire",
        token="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        resource="log-export-lifecycle",
        edit=_disabled,
    ),
    Mutation(
        rule="s3-tls-only",
        what="the export bucket accepts requests without TLS",
        token="aws:s3/bucketPolicy:BucketPolicy",
        resource="log-export-policy",
        edit=edit_json("policy", _without_deny),
    ),
)
