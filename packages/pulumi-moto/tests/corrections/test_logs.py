import json
import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from pulumi_moto.row import Client

ACCOUNT = "123456789012"
EVENTS = [
    '{"level": "INFO", "customer_id": "abc123", "duration": 120}',
    '{"level": "WARN", "customer_id": "xyz789", "duration": 2500.5, "cached": null}',
    '{"level": "ERROR", "customer_id": "abc-124", "request": {"path": "/api/v1", "tries": [1, 7]}}',
    "ERROR could not connect: timed out",
    "plain text about duration",
]


@pytest.fixture
def logs() -> Client:
    client, now = boto3.client("logs"), int(time.time() * 1000)
    client.create_log_group(logGroupName="/ecs/backend")
    client.create_log_stream(logGroupName="/ecs/backend", logStreamName="one")
    client.put_log_events(
        logGroupName="/ecs/backend",
        logStreamName="one",
        logEvents=[{"timestamp": now + n, "message": text} for n, text in enumerate(EVENTS)],
    )
    return client


def found(logs: Client, pattern: str) -> list[int]:
    events = logs.filter_log_events(logGroupName="/ecs/backend", filterPattern=pattern)["events"]
    return [EVENTS.index(event["message"]) for event in events]


@pytest.mark.parametrize(
    ("pattern", "matching"),
    [
        ("", [0, 1, 2, 3, 4]),
        ('{ $.customer_id = "abc123" }', [0]),
        ("{ $.customer_id = abc123 }", [0]),
        ('{ $.customer_id = "abc*" }', [0, 2]),
        ('{ $.customer_id != "abc*" }', [1]),
        ("{ $.customer_id = %^abc[0-9]+$% }", [0]),
        ("{ $.duration > 2000 }", [1]),
        ("{ $.duration >= 120 && $.duration <= 2500.5 }", [0, 1]),
        ("{ $.duration < 2000 }", [0]),
        ("{ $.duration = 120 }", [0]),
        ("{ $.duration != 120 }", [1]),
        ('{ $.level = "ERROR" || $.level = "WARN" && $.duration > 9000 }', [2]),
        ('{ ($.level = "ERROR" || $.level = "WARN") && $.customer_id = "xyz*" }', [1]),
        ('{ $.request.path = "/api/*" }', [2]),
        ("{ $.request.tries[1] = 7 }", [2]),
        ("{ $.request.tries[2] = 7 }", []),
        ("{ $.cached IS NULL }", [1]),
        ("{ $.duration NOT EXISTS }", [2]),
        ("ERROR", [2, 3]),
        ("error", []),
        ("ERROR connect", [3]),
        ("ERROR -connect", [2]),
        ("-ERROR", [0, 1, 4]),
        ("?WARN ?connect", [1, 3]),
        ('"could not connect"', [3]),
        ('"connect could"', []),
        ("duration", [0, 1, 4]),
        ("%con+ect%", [3]),
    ],
)
def test_a_filter_pattern_returns_matching_events(
    logs: Client, pattern: str, matching: list[int]
) -> None:
    assert found(logs, pattern) == matching


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.customer_id = "abc123"',
        "{ customer_id = 1 }",
        "{ $.duration > fast }",
        "{ $.duration ~ 3 }",
        "{ $.a = 1 && }",
        "{ $.a IS MISSING }",
        '"never closed',
        "user-id",
        "[ip, user]",
        "%was sent%",
        "%(GET|POST)%",
        '{ $.level = %"error"% }',
    ],
)
def test_a_pattern_that_is_none_is_refused_even_where_no_event_is(pattern: str) -> None:
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName="/empty")
    with pytest.raises(ClientError, match="InvalidParameterException"):
        logs.filter_log_events(logGroupName="/empty", filterPattern=pattern)


def test_only_retentions_that_cloudwatch_offers_are_taken(logs: Client) -> None:
    logs.put_retention_policy(logGroupName="/ecs/backend", retentionInDays=30)
    with pytest.raises(ClientError, match="'31' at 'retentionInDays'"):
        logs.put_retention_policy(logGroupName="/ecs/backend", retentionInDays=31)


def key(condition: dict[str, Any] | None) -> str:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
        "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*"],
        "Resource": "*",
    }
    if condition is not None:
        statement["Condition"] = condition
    account = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = {"Version": "2012-10-17", "Statement": [account, statement]}
    made = boto3.client("kms").create_key(Policy=json.dumps(policy))
    return str(made["KeyMetadata"]["Arn"])


def of_groups(pattern: str) -> dict[str, Any]:
    return {
        "ArnLike": {
            "kms:EncryptionContext:aws:logs:arn": (
                f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{pattern}"
            )
        }
    }


def test_a_key_that_lets_logs_use_it_encrypts_a_group_from_the_start_or_later(logs: Client) -> None:
    logs.create_log_group(logGroupName="/new", kmsKeyId=key(of_groups("/new")))
    later = key(of_groups("/ecs/*"))
    logs.associate_kms_key(logGroupName="/ecs/backend", kmsKeyId=later)
    keys = {
        group["logGroupName"]: group.get("kmsKeyId")
        for group in logs.describe_log_groups()["logGroups"]
    }
    assert keys["/ecs/backend"] == later
    logs.disassociate_kms_key(logGroupName="/ecs/backend")
    (group,) = logs.describe_log_groups(logGroupNamePrefix="/ecs")["logGroups"]
    assert "kmsKeyId" not in group


def test_a_key_that_logs_may_not_use_is_refused(logs: Client) -> None:
    default = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    for unusable in (default, key(of_groups("/other/*")), default[:-1] + "x"):
        with pytest.raises(ClientError, match="is not allowed to be used with"):
            logs.create_log_group(logGroupName="/new", kmsKeyId=unusable)
        with pytest.raises(ClientError, match="is not allowed to be used with"):
            logs.associate_kms_key(logGroupName="/ecs/backend", kmsKeyId=unusable)


def test_a_disabled_key_is_refused() -> None:
    disabled = key(None)
    boto3.client("kms").disable_key(KeyId=disabled.rsplit("/", 1)[-1])
    with pytest.raises(ClientError, match="is not allowed to be used with"):
        boto3.client("logs").create_log_group(logGroupName="/new", kmsKeyId=disabled)


def test_a_new_group_does_not_inherit_tags() -> None:
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName="/a", tags={"Old": "yes"})
    logs.delete_log_group(logGroupName="/a")
    logs.create_log_group(logGroupName="/a", tags={"New": "yes"})
    (group,) = logs.describe_log_groups()["logGroups"]
    arn = group["arn"].removesuffix(":*")
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"New": "yes"}
