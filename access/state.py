"""Permissions on Pulumi's state: those of the pipeline's roles, and the denials for all others.

The state of a stack is below its own prefix; an older one is in the bucket's root, where the names
of the files contain the stack's. The layout is Pulumi's:
https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/store.go
"""

from collections.abc import Mapping

from access.statements import allow
from access.trust import Pipeline, Statement, document

PROJECT = "arbor"
"""Pulumi's project, a folder of its files."""
ROOT_META = ".pulumi/meta.yaml"
"""In the root. Every stack that has not moved reads it: a changed version stops all of them."""
DESTROYS_OBJECTS = ("s3:DeleteBucket", "s3:DeleteObjectVersion")
CHANGES_BUCKET = (
    "s3:BypassGovernanceRetention",
    "s3:DeleteBucketPolicy",
    "s3:PutAccelerateConfiguration",
    "s3:PutBucketAcl",
    "s3:PutBucketLogging",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketTagging",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
)
DESTROYS_KEYS = ("kms:DeleteImportedKeyMaterial", "kms:DisableKey", "kms:ScheduleKeyDeletion")
CHANGES_KEYS = (
    "kms:CreateGrant",
    "kms:DisableKeyRotation",
    "kms:PutKeyPolicy",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:DeleteAlias",
)
LOGS_ARRIVE = "logging.s3.amazonaws.com"


def reads(pipeline: Pipeline) -> list[Statement]:
    """Read the stack's state, and decrypt the secrets in it."""
    bucket = f"arn:aws:s3:::{pipeline.state_bucket}"
    return [
        _lists(pipeline),
        allow(["s3:GetObject"], [f"{bucket}/{name}" for name in (*_files(pipeline), ROOT_META)]),
        _with_keys(pipeline, "kms:Decrypt"),
    ]


def writes(pipeline: Pipeline) -> list[Statement]:
    """Write it, too; delete locks only, and no version."""
    bucket = f"arn:aws:s3:::{pipeline.state_bucket}"
    stack = pipeline.environment
    locks = (f"{stack}/.pulumi/locks/*", f".pulumi/locks/organization/{PROJECT}/{stack}/*")
    return [
        _lists(pipeline),
        allow(["s3:GetObject", "s3:PutObject"], [f"{bucket}/{name}" for name in _files(pipeline)]),
        allow(["s3:GetObject"], f"{bucket}/{ROOT_META}"),
        allow(["s3:DeleteObject"], [f"{bucket}/{name}" for name in locks]),
        _with_keys(pipeline, "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"),
    ]


def bucket_statements(pipeline: Pipeline) -> list[Statement]:
    """The denials in the policy of the state's bucket, by Sid."""
    arn = f"arn:aws:s3:::{pipeline.state_bucket}"
    return [
        only_over_tls(pipeline.state_bucket),
        _only_break_glass(pipeline, "KeepVersions", DESTROYS_OBJECTS, [arn, f"{arn}/*"]),
        _not_the_pipeline(pipeline, "KeepSettings", CHANGES_BUCKET, [arn, f"{arn}/*"]),
    ]


def log_bucket_statements(pipeline: Pipeline) -> list[Statement]:
    """The policy of the bucket with the access logs: S3 writes, and its objects can't be deleted.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """
    arn = f"arn:aws:s3:::{pipeline.state_log_bucket}"
    return [
        {
            "Sid": "Delivery",
            "Effect": "Allow",
            "Principal": {"Service": LOGS_ARRIVE},
            "Action": "s3:PutObject",
            "Resource": f"{arn}/*",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": pipeline.account_id},
                "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{pipeline.state_bucket}"},
            },
        },
        only_over_tls(pipeline.state_log_bucket),
        _not_the_pipeline(
            pipeline,
            "KeepLogs",
            (*CHANGES_BUCKET, *DESTROYS_OBJECTS, "s3:DeleteObject"),
            [arn, f"{arn}/*"],
        ),
    ]


def key_policy(pipeline: Pipeline) -> str:
    """The policy of a key of the state: IAM grants its use, and only break glass can delete it."""
    root = {"AWS": f"arn:aws:iam::{pipeline.account_id}:root"}
    account: Statement = {"Sid": "Account", "Effect": "Allow", "Principal": root}
    return document(
        [
            {**account, "Action": "kms:*", "Resource": "*"},
            _only_break_glass(pipeline, "KeepKey", DESTROYS_KEYS, ["*"]),
            _not_the_pipeline(pipeline, "KeepSettings", CHANGES_KEYS, ["*"]),
        ]
    )


def only_over_tls(bucket: str) -> Statement:
    """The statement of a bucket's policy that refuses plain HTTP."""
    arn = f"arn:aws:s3:::{bucket}"
    return {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _lists(pipeline: Pipeline) -> Statement:
    """List the names of the bucket's files, of all stacks.

    Without a condition on s3:prefix, which only a list has: for a missing file S3 answers 404 to a
    caller that may list the bucket, else 403, and Pulumi reads files that may be missing. https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    """
    return allow(["s3:ListBucket"], f"arn:aws:s3:::{pipeline.state_bucket}")


def _files(pipeline: Pipeline) -> list[str]:
    """Patterns for the stack's files: below its prefix, and in the bucket's root before a move."""
    stack = pipeline.environment
    return [
        f"{stack}/.pulumi/*",
        f".pulumi/stacks/{PROJECT}/{stack}.*",
        f".pulumi/history/{PROJECT}/{stack}/*",
        f".pulumi/backups/{PROJECT}/{stack}/*",
        f".pulumi/locks/organization/{PROJECT}/{stack}/*",
    ]


def _with_keys(pipeline: Pipeline, *actions: str) -> Statement:
    """The stack's own key, and the one that encrypts the bucket's objects."""
    return allow(
        actions,
        f"arn:aws:kms:*:{pipeline.account_id}:key/*",
        **{
            "ForAnyValue:StringEquals": {
                "kms:ResourceAliases": [pipeline.state_key_alias, pipeline.older_state_key_alias]
            }
        },
    )


def _only_break_glass(
    pipeline: Pipeline, sid: str, actions: tuple[str, ...], resources: list[str]
) -> Statement:
    role = f"arn:aws:iam::{pipeline.account_id}:role/{pipeline.break_glass_role}"
    condition = {"ArnNotEquals": {"aws:PrincipalArn": role}}
    return _refused(sid, actions, resources, condition)


def _not_the_pipeline(
    pipeline: Pipeline, sid: str, actions: tuple[str, ...], resources: list[str]
) -> Statement:
    """Excludes the roles of the pipeline and of the program, in every stack."""
    roles = f"arn:aws:iam::{pipeline.account_id}:role"
    condition = {
        "ArnLike": {
            "aws:PrincipalArn": [f"{roles}/{pipeline.every_ci_role}", f"{roles}/{PROJECT}/*"]
        }
    }
    return _refused(sid, actions, resources, condition)


def _refused(
    sid: str, actions: tuple[str, ...], resources: list[str], condition: Mapping[str, object]
) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": list(actions),
        "Resource": resources,
        "Condition": condition,
    }
