"""Bootstrap corrects every difference from what it created."""

import json
from collections.abc import Callable

import pytest

from access import trust as ci_documents
from arbor_names import naming
from bootstrap_fixtures import (
    ACCOUNT,
    ALIAS,
    BUCKET,
    PROVIDER,
    ROLE,
    STACK_ALIAS,
    Account,
    client,
    key,
    retag_bucket,
)

ALLOWED = {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/arbor-production-boundary"
Change = Callable[[], object]


def lay_open(**changes: str) -> None:
    block = {name: name not in changes for name in ("BlockPublicAcls", "BlockPublicPolicy")}
    client("s3").put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=block)


def rewrite_boundary() -> None:
    for _ in range(4):
        client("iam").create_policy_version(
            PolicyArn=BOUNDARY, PolicyDocument=ci_documents.document([ALLOWED]), SetAsDefault=True
        )


DRIFT: dict[str, tuple[Change, tuple[str, ...]]] = {
    "versioning": (
        lambda: client("s3").put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
        ),
        ("PutBucketVersioning",),
    ),
    "encryption": (
        lambda: client("s3").put_bucket_encryption(
            Bucket=BUCKET,
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
        ),
        ("PutBucketEncryption",),
    ),
    "no encryption": (
        lambda: client("s3").delete_bucket_encryption(Bucket=BUCKET),
        ("PutBucketEncryption",),
    ),
    "TLS": (lambda: client("s3").delete_bucket_policy(Bucket=BUCKET), ("PutBucketPolicy",)),
    "a part of the public block": (
        lambda: lay_open(BlockPublicPolicy="off"),
        ("PutPublicAccessBlock",),
    ),
    "the public block": (
        lambda: client("s3").delete_public_access_block(Bucket=BUCKET),
        ("PutPublicAccessBlock",),
    ),
    "ownership": (
        lambda: client("s3").put_bucket_ownership_controls(
            Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
        ),
        ("PutBucketOwnershipControls",),
    ),
    "no ownership": (
        lambda: client("s3").delete_bucket_ownership_controls(Bucket=BUCKET),
        ("PutBucketOwnershipControls",),
    ),
    "the bucket's tags": (retag_bucket, ("PutBucketTagging",)),
    "rotation": (lambda: client("kms").disable_key_rotation(KeyId=key()), ("EnableKeyRotation",)),
    "the key's state": (lambda: client("kms").disable_key(KeyId=key()), ("EnableKey",)),
    "the key's policy": (
        lambda: client("kms").put_key_policy(
            KeyId=key(),
            PolicyName="default",
            Policy=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
                    ],
                }
            ),
        ),
        ("PutKeyPolicy",),
    ),
    "the key's tags": (
        lambda: client("kms").untag_resource(KeyId=key(), TagKeys=["Component"]),
        ("TagResource",),
    ),
    "the alias": (lambda: client("kms").delete_alias(AliasName=ALIAS), ("CreateAlias",)),
    "the provider's audience": (
        lambda: client("iam").remove_client_id_from_open_id_connect_provider(
            OpenIDConnectProviderArn=PROVIDER, ClientID="sts.amazonaws.com"
        ),
        ("AddClientIDToOpenIDConnectProvider",),
    ),
    "the role's trust": (
        lambda: client("iam").update_assume_role_policy(
            RoleName=ROLE,
            PolicyDocument=ci_documents.trust(PROVIDER, ["repo:arbor-energy/another:pull_request"]),
        ),
        ("UpdateAssumeRolePolicy",),
    ),
    "the role's tags": (
        lambda: client("iam").untag_role(RoleName=ROLE, TagKeys=["Component"]),
        ("TagRole",),
    ),
    "the role's policy": (
        lambda: client("iam").put_role_policy(
            RoleName=ROLE, PolicyName="bootstrap", PolicyDocument=ci_documents.document([ALLOWED])
        ),
        ("PutRolePolicy",),
    ),
    "a policy more": (
        lambda: client("iam").put_role_policy(
            RoleName=ROLE, PolicyName="more", PolicyDocument=ci_documents.document([ALLOWED])
        ),
        ("DeleteRolePolicy",),
    ),
    "an attachment more": (
        lambda: client("iam").attach_role_policy(
            RoleName=ROLE, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
        ),
        ("DetachRolePolicy",),
    ),
    "no attachment": (
        lambda: client("iam").detach_role_policy(
            RoleName=ROLE, PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/{ROLE}-changes"
        ),
        ("AttachRolePolicy",),
    ),
    "the role's session": (
        lambda: client("iam").update_role(RoleName=ROLE, MaxSessionDuration=3600),
        ("UpdateRole",),
    ),
    "the boundary": (
        lambda: client("iam").create_policy_version(
            PolicyArn=BOUNDARY, PolicyDocument=ci_documents.document([ALLOWED]), SetAsDefault=True
        ),
        ("CreatePolicyVersion",),
    ),
    "the boundary, many times": (rewrite_boundary, ("DeletePolicyVersion", "CreatePolicyVersion")),
    "the stack's key": (
        lambda: client("kms").disable_key_rotation(KeyId=key(STACK_ALIAS)),
        ("EnableKeyRotation",),
    ),
    "the bucket's logs": (
        lambda: client("s3").put_bucket_logging(Bucket=BUCKET, BucketLoggingStatus={}),
        ("PutBucketLogging",),
    ),
    "how long logs are kept": (
        lambda: client("s3").delete_bucket_lifecycle(Bucket=naming.state_log_bucket(ACCOUNT)),
        ("PutBucketLifecycleConfiguration",),
    ),
}


@pytest.mark.parametrize("what", DRIFT)
def test_a_difference_is_corrected_and_nothing_else_changes(made: Account, what: str) -> None:
    change, writes = DRIFT[what]
    change()
    made.bootstrap()
    assert tuple(made.writes) == writes
    assert made.left() == []
