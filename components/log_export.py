"""The bucket that `create-export-task` writes to: Bucket and its policy, lifecycle, locks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from components.private_bucket import private_bucket

PREFIX = "logs/"
"""The only prefix to which the bucket policy lets CloudWatch Logs write."""
ABANDONED_UPLOAD_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class LogExportArgs:
    """`log_group_arns` (by any key, without `:*`) are the groups that can be exported."""

    bucket: str
    account_id: str
    region: str
    log_group_arns: Mapping[str, pulumi.Input[str]]
    retention_days: int
    protect: bool
    """Refuse to delete the bucket and its objects with the stack."""
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.log_group_arns:
            raise ValueError(f"{self.bucket}: log_group_arns is empty; it must have at least one")
        if self.retention_days < 1:
            raise ValueError(
                f"{self.bucket}: retention_days must be 1 or more, got {self.retention_days}"
            )


class LogExport(pulumi.ComponentResource):
    """CloudWatch Logs can write, and the account can read, over TLS only."""

    bucket: pulumi.Output[str]
    """The bucket's name, known once its policy allows exports."""
    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: LogExportArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:observability:LogExport", name, None, opts)

        bucket, policy = private_bucket(
            name,
            logical_name=f"{name}-bucket",
            bucket_name=args.bucket,
            parent=self,
            protect=args.protect,
            lifecycle={
                "id": "expire",
                "status": "Enabled",
                "filter": {"prefix": PREFIX},
                "expiration": {"days": args.retention_days},
                "abort_incomplete_multipart_upload": {
                    "days_after_initiation": ABANDONED_UPLOAD_DAYS
                },
            },
            statements=lambda bucket_arn: _export_statements(bucket_arn, args),
            tls_sid="OnlyOverTls",
            tags=args.tags,
        )
        aws.s3.BucketOwnershipControls(
            f"{name}-owner",
            bucket=bucket.bucket,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=pulumi.ResourceOptions(parent=self),
        )

        self.bucket = policy.bucket
        self.arn = bucket.arn
        self.register_outputs({"bucket": self.bucket, "arn": self.arn})


def _export_statements(bucket_arn: pulumi.Output[str], args: LogExportArgs) -> list[dict[str, Any]]:
    """Permissions of an export task, for the named log groups of the account only.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasks.html
    """
    service = {"Service": f"logs.{args.region}.amazonaws.com"}
    sources = [
        pulumi.Output.concat(arn, tail)
        for arn in args.log_group_arns.values()
        for tail in ("", ":*")
    ]
    account: dict[str, Any] = {
        "StringEquals": {"aws:SourceAccount": args.account_id},
        "ArnLike": {"aws:SourceArn": sources},
    }
    owner = account["StringEquals"] | {"s3:x-amz-acl": "bucket-owner-full-control"}
    return [
        {
            "Sid": "ExportChecksOwner",
            "Effect": "Allow",
            "Principal": service,
            "Action": "s3:GetBucketAcl",
            "Resource": bucket_arn,
            "Condition": account,
        },
        {
            "Sid": "ExportWrites",
            "Effect": "Allow",
            "Principal": service,
            "Action": "s3:PutObject",
            "Resource": pulumi.Output.concat(bucket_arn, f"/{PREFIX}*"),
            "Condition": account | {"StringEquals": owner},
        },
    ]
