import json
from dataclasses import replace
from typing import Any

import pytest

from components.log_export import LogExport, LogExportArgs
from harness import ACCOUNT, REGION, allows, declare, outputs
from pulumi_moto.resource_policy import Attempt
from pulumi_moto.resource_policy import allows as permits

BUCKET = "aws:s3/bucket:Bucket"
GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/ecs/arbor-production/backend"
ARGS = LogExportArgs(
    bucket="arbor-log-exports",
    account_id=ACCOUNT,
    region=REGION,
    log_group_arns={"backend": GROUP},
    retention_days=90,
    protect=True,
    tags={"Stack": "test"},
)


def statements() -> list[dict[str, Any]]:
    recorder = declare(lambda: LogExport("export", ARGS))
    policy = recorder.only("aws:s3/bucketPolicy:BucketPolicy")["policy"]
    found: list[dict[str, Any]] = json.loads(policy)["Statement"]
    return found


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetBucketAcl", "arn:aws:s3:::arbor-log-exports"),
        ("s3:PutObject", "arn:aws:s3:::arbor-log-exports/logs/*"),
    ],
)
def test_only_these_groups_of_this_account_can_be_exported(action: str, resource: str) -> None:
    (statement,) = allows(statements(), action)

    assert statement["Principal"] == {"Service": f"logs.{REGION}.amazonaws.com"}
    assert statement["Resource"] == resource
    assert statement["Condition"]["StringEquals"]["aws:SourceAccount"] == ACCOUNT
    assert statement["Condition"]["ArnLike"] == {"aws:SourceArn": [GROUP, f"{GROUP}:*"]}


@pytest.mark.parametrize(
    ("change", "may"),
    [
        ({}, True),
        ({"aws:SourceArn": GROUP}, True),
        ({"aws:SourceAccount": "210987654321"}, False),
        ({"aws:SourceArn": GROUP.replace("backend", "other")}, False),
        ({"s3:x-amz-acl": "public-read"}, False),
        ({"aws:SecureTransport": "false"}, False),
    ],
)
def test_an_export_is_limited_to_account_groups_and_tls(change: dict[str, str], may: bool) -> None:
    context = {
        "aws:SourceAccount": ACCOUNT,
        "aws:SourceArn": f"{GROUP}:*",
        "s3:x-amz-acl": "bucket-owner-full-control",
        "aws:SecureTransport": "true",
    }
    attempt = Attempt(
        service=f"logs.{REGION}.amazonaws.com",
        action="s3:PutObject",
        resource="arn:aws:s3:::arbor-log-exports/logs/backend/000.gz",
        context=context | change,
    )
    assert permits({"Statement": statements()}, attempt) is may
    elsewhere = replace(attempt, resource="arn:aws:s3:::arbor-log-exports/other/000.gz")
    assert not permits({"Statement": statements()}, elsewhere)


def test_exported_objects_belong_to_the_account() -> None:
    (write,) = allows(statements(), "s3:PutObject")
    assert write["Condition"]["StringEquals"]["s3:x-amz-acl"] == "bucket-owner-full-control"

    rule = declare(lambda: LogExport("export", ARGS)).only(
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    )["rule"]
    assert rule == {"objectOwnership": "BucketOwnerEnforced"}


def test_requests_without_tls_are_denied() -> None:
    (deny,) = [s for s in statements() if s["Effect"] == "Deny"]

    assert deny["Principal"] == "*"
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert deny["Resource"] == [
        "arn:aws:s3:::arbor-log-exports",
        "arn:aws:s3:::arbor-log-exports/*",
    ]


def test_no_other_statement_allows_access() -> None:
    assert len([s for s in statements() if s["Effect"] == "Allow"]) == 2


def test_the_bucket_is_private_and_encrypted() -> None:
    recorder = declare(lambda: LogExport("export", ARGS))
    closed = recorder.only("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")

    for way in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls"):
        assert closed[way] is True
    assert closed["restrictPublicBuckets"] is True
    (rule,) = recorder.only(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    )["rules"]
    assert rule == {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}


def test_exports_expire_after_the_configured_days() -> None:
    (rule,) = declare(lambda: LogExport("export", ARGS)).only(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    )["rules"]

    assert rule["status"] == "Enabled"
    assert rule["filter"] == {"prefix": "logs/"}
    assert rule["expiration"] == {"days": 90}


@pytest.mark.parametrize("protect", [True, False])
def test_only_an_unprotected_bucket_is_deleted_with_its_objects(*, protect: bool) -> None:
    recorder = declare(lambda: LogExport("export", replace(ARGS, protect=protect)))

    assert recorder.only(BUCKET)["bucket"] == "arbor-log-exports"
    assert recorder.only(BUCKET)["forceDestroy"] is not protect
    assert recorder.options_of(BUCKET).protect is protect


def test_the_public_access_block_is_created_before_the_policy() -> None:
    recorder = declare(lambda: LogExport("export", ARGS))
    depends = recorder.options_of("aws:s3/bucketPolicy:BucketPolicy").depends_on

    assert isinstance(depends, list)
    assert [type(before).__name__ for before in depends] == ["BucketPublicAccessBlock"]


@pytest.mark.parametrize(
    ("change", "wrong"),
    [({"log_group_arns": {}}, "log_group_arns is empty"), ({"retention_days": 0}, "got 0")],
)
def test_invalid_arguments_are_refused_by_the_buckets_name(
    change: dict[str, Any], wrong: str
) -> None:
    with pytest.raises(ValueError, match=f"arbor-log-exports: .*{wrong}"):
        replace(ARGS, **change)


def test_outputs_tags_and_parents() -> None:
    found = outputs(lambda: LogExport("export", ARGS), "bucket", "arn")
    recorder = declare(lambda: LogExport("export", ARGS))

    assert found == {"bucket": "arbor-log-exports", "arn": "arn:aws:s3:::arbor-log-exports"}
    assert recorder.only(BUCKET)["tags"] == {"Stack": "test"}
    assert recorder.unparented == ["arbor:observability:LogExport::export"]
