"""The bucket that `create-export-task` writes to: Bucket and its policy, lifecycle, locks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

PREFIX = "logs/"
"""Exports go under this prefix; the bucket policy lets CloudWatch Logs write nowhere else."""
ABANDONED_UPLOAD_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class LogExportArgs:
    """`log_group_arns` (by any key, without `:*`) are the groups that may be exported."""

    bucket: str
    account_id: str
    region: str
    log_group_arns: Mapping[str, pulumi.Input[str]]
    retention_days: int
    protect: bool
    """Keep the bucket, and what is in it, from being deleted with the stack."""
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.log_group_arns:
            raise ValueError(f"{self.bucket}: log_group_arns is empty; nothing could be exported")
        if self.retention_days < 1:
            raise ValueError(
                f"{self.bucket}: retention_days must be 1 or more, got {self.retention_days}"
            )


class LogExport(pulumi.ComponentResource):
    """CloudWatch Logs may write to it, people of the account may read it, over TLS."""

    bucket: pulumi.Output[str]
    """Its name, once its policy lets an export write."""
    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: LogExportArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:observability:LogExport", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        bucket = aws.s3.Bucket(
            f"{name}-bucket",
            bucket=args.bucket,
            force_destroy=not args.protect,
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        closed = aws.s3.BucketPublicAccessBlock(
            f"{name}-private",
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketOwnershipControls(
            f"{name}-owner",
            bucket=bucket.bucket,
            rule={"object_ownership": "BucketOwnerEnforced"},
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
            rules=[
                {
                    "id": "expire",
                    "status": "Enabled",
                    "filter": {"prefix": PREFIX},
                    "expiration": {"days": args.retention_days},
                    "abort_incomplete_multipart_upload": {
                        "days_after_initiation": ABANDONED_UPLOAD_DAYS
                    },
                }
            ],
            opts=child,
        )
        policy = aws.s3.BucketPolicy(
            f"{name}-policy",
            bucket=bucket.bucket,
            policy=_policy(bucket.arn, args),
            # S3 takes one change of a bucket's access at a time.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[closed]),
        )

        self.bucket = policy.bucket
        self.arn = bucket.arn
        self.register_outputs({"bucket": self.bucket, "arn": self.arn})


def _policy(bucket_arn: pulumi.Output[str], args: LogExportArgs) -> pulumi.Output[str]:
    """What an export needs, for the account's own named groups only.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasks.html
    """
    service = {"Service": f"logs.{args.region}.amazonaws.com"}
    sources = [
        pulumi.Output.concat(arn, tail)
        for arn in args.log_group_arns.values()
        for tail in ("", ":*")
    ]
    ours: dict[str, Any] = {
        "StringEquals": {"aws:SourceAccount": args.account_id},
        "ArnLike": {"aws:SourceArn": sources},
    }
    whole = ours["StringEquals"] | {"s3:x-amz-acl": "bucket-owner-full-control"}
    everything = [bucket_arn, pulumi.Output.concat(bucket_arn, "/*")]
    return pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "ExportChecksOwner",
                    "Effect": "Allow",
                    "Principal": service,
                    "Action": "s3:GetBucketAcl",
                    "Resource": bucket_arn,
                    "Condition": ours,
                },
                {
                    "Sid": "ExportWrites",
                    "Effect": "Allow",
                    "Principal": service,
                    "Action": "s3:PutObject",
                    "Resource": pulumi.Output.concat(bucket_arn, f"/{PREFIX}*"),
                    "Condition": ours | {"StringEquals": whole},
                },
                {
                    "Sid": "OnlyOverTls",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": everything,
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
            ],
        }
    )
