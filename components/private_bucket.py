"""A bucket for logs: Bucket, encryption, lifecycle, public access block and policy."""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from components.role import policy_document

Statement = dict[str, Any]


def private_bucket(  # noqa: PLR0913 - each argument is an input of one of its resources
    name: str,
    *,
    logical_name: str,
    bucket_name: str | None = None,
    parent: pulumi.Resource,
    protect: bool,
    lifecycle: aws.s3.BucketLifecycleConfigurationRuleArgsDict,
    statements: Callable[[pulumi.Output[str]], list[Statement]],
    tls_sid: str,
    tags: Mapping[str, str],
) -> tuple[aws.s3.Bucket, aws.s3.BucketPolicy]:
    """A bucket whose objects expire, with SSE-S3, without public access and over TLS only.

    ELB and CloudWatch Logs can't write with a customer managed key. `logical_name` is the bucket's;
    those of its settings begin with `name`. `statements` are those of the bucket policy for the
    bucket's ARN, without the one that requires TLS, whose Sid is `tls_sid`. Returns the bucket and
    its policy, on which a writer depends.
    """
    child = pulumi.ResourceOptions(parent=parent)
    bucket = aws.s3.Bucket(
        logical_name,
        bucket=bucket_name,
        force_destroy=not protect,
        tags=tags,
        opts=pulumi.ResourceOptions(parent=parent, protect=protect),
    )
    public_access = aws.s3.BucketPublicAccessBlock(
        f"{name}-private",
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=child,
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encryption",
        bucket=bucket.bucket,
        rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
        opts=child,
    )
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.bucket,
        rules=[lifecycle],
        opts=child,
    )
    policy = aws.s3.BucketPolicy(
        f"{name}-policy",
        bucket=bucket.bucket,
        policy=policy_document([*statements(bucket.arn), _only_tls(tls_sid, bucket.arn)]),
        # S3 accepts one change of a bucket's access at a time.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[public_access]),
    )
    return bucket, policy


def _only_tls(sid: str, bucket_arn: pulumi.Output[str]) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, pulumi.Output.concat(bucket_arn, "/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
