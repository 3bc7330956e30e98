import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from pulumi_moto.clock import CLOCK
from pulumi_moto.corrections.logs_export import EXPORT_SECONDS

ACCOUNT = "123456789012"
BUCKET = "shop-log-exports"
GROUP = "/ecs/backend"
Policy = dict[str, Any]
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date()  # older events are not taken for long
NOON = int(datetime.combine(YESTERDAY, time(12), UTC).timestamp() * 1000)


def policy() -> Policy:
    def condition() -> Policy:
        return {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnLike": {"aws:SourceArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/ecs/*"},
        }

    service = {"Service": "logs.us-east-1.amazonaws.com"}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": service,
                "Action": "s3:GetBucketAcl",
                "Resource": f"arn:aws:s3:::{BUCKET}",
                "Condition": condition(),
            },
            {
                "Effect": "Allow",
                "Principal": service,
                "Action": ["s3:PutObject"],
                "Resource": f"arn:aws:s3:::{BUCKET}/logs/*",
                "Condition": condition(),
            },
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }


@pytest.fixture(autouse=True)
def bucket_and_group(account: None) -> None:  # noqa: ARG001 - the account comes first
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="backend/1")
    logs.put_log_events(
        logGroupName=GROUP,
        logStreamName="backend/1",
        logEvents=[
            {"timestamp": NOON - 1000, "message": "before"},
            {"timestamp": NOON + 456, "message": "within"},
        ],
    )


def permit(document: Policy) -> None:
    boto3.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(document))


def export(**changed: Any) -> str:
    params = {
        "logGroupName": GROUP,
        "fromTime": NOON,
        "to": NOON + 1000,
        "destination": BUCKET,
        "destinationPrefix": "logs/backend",
        **changed,
    }
    return str(boto3.client("logs").create_export_task(**params)["taskId"])


def status(task: str) -> str:
    found = boto3.client("logs").describe_export_tasks(taskId=task)["exportTasks"]
    return str(found[0]["status"]["code"])


def test_an_export_writes_the_events_of_its_time_under_its_prefix() -> None:
    permit(policy())
    task = export()
    s3 = boto3.client("s3")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    # moto denies all reads of a bucket with a Deny statement, without its condition
    s3.delete_bucket_policy(Bucket=BUCKET)
    exported = f"logs/backend/{task}/backend-1/000000.gz"
    assert set(keys) == {exported, "logs/backend/aws-logs-write-test"}
    written = gzip.decompress(s3.get_object(Bucket=BUCKET, Key=exported)["Body"].read())
    assert written.decode() == f"{YESTERDAY}T12:00:00.456Z within\n"


def test_an_export_runs_for_a_while_and_is_then_complete() -> None:
    permit(policy())
    task = export()
    assert status(task) == "RUNNING"
    CLOCK.advance(EXPORT_SECONDS)
    assert status(task) == "COMPLETED"
    (found,) = boto3.client("logs").describe_export_tasks(taskId=task)["exportTasks"]
    assert found["executionInfo"]["completionTime"] >= found["executionInfo"]["creationTime"]


def test_one_export_runs_at_a_time() -> None:
    permit(policy())
    export()
    with pytest.raises(ClientError, match="LimitExceededException"):
        export()
    CLOCK.advance(EXPORT_SECONDS)
    assert status(export()) == "RUNNING"


def without_acl(document: Policy) -> None:
    del document["Statement"][0]


def without_put(document: Policy) -> None:
    del document["Statement"][1]


def other_account(document: Policy) -> None:
    document["Statement"][1]["Condition"]["StringEquals"]["aws:SourceAccount"] = "210987654321"


def other_group(document: Policy) -> None:
    document["Statement"][0]["Condition"]["ArnLike"]["aws:SourceArn"] = (
        f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/*"
    )


def other_prefix(document: Policy) -> None:
    document["Statement"][1]["Resource"] = f"arn:aws:s3:::{BUCKET}/exports/*"


def other_region(document: Policy) -> None:
    document["Statement"][0]["Principal"] = {"Service": "logs.eu-west-1.amazonaws.com"}


def denied(document: Policy) -> None:
    document["Statement"][2]["Condition"] = {"Bool": {"aws:SecureTransport": "true"}}


@pytest.mark.parametrize(
    ("broken", "call"),
    [
        (without_acl, "GetBucketAcl"),
        (without_put, "PutObject"),
        (other_account, "PutObject"),
        (other_group, "GetBucketAcl"),
        (other_prefix, "PutObject"),
        (other_region, "GetBucketAcl"),
        (denied, "GetBucketAcl"),
    ],
)
def test_a_bucket_that_does_not_let_logs_in_is_refused(
    broken: Callable[[Policy], None], call: str
) -> None:
    document = policy()
    broken(document)
    permit(document)
    with pytest.raises(ClientError, match=f"{call} call on the given bucket failed"):
        export()


def test_a_bucket_without_a_policy_is_refused() -> None:
    with pytest.raises(ClientError, match="GetBucketAcl call on the given bucket failed"):
        export()


def test_a_missing_bucket_or_one_in_another_region_is_refused() -> None:
    with pytest.raises(ClientError, match="bucket does not exist"):
        export(destination="nobodys-bucket")
    boto3.client("s3", region_name="eu-west-1").create_bucket(
        Bucket="abroad", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    with pytest.raises(ClientError, match="eu-west-1"):
        export(destination="abroad")
