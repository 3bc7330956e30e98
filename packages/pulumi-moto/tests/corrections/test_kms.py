"""KMS: rotation, keys that wait for their deletion, and policies that are refused."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from pulumi_moto.row import Change
from pulumi_moto.services import kms as row

Client = Any
Attempt = Callable[[], object]
ROOT = {"AWS": "arn:aws:iam::123456789012:root"}
FUTURE = "will not allow you to update the key policy in the future"


@pytest.fixture
def kms() -> Client:
    return boto3.client("kms")


@pytest.fixture
def key(kms: Client) -> str:
    return str(kms.create_key()["KeyMetadata"]["Arn"])


def test_a_key_has_its_rotation_period_or_a_year(kms: Client, key: str) -> None:
    assert "RotationPeriodInDays" not in kms.get_key_rotation_status(KeyId=key)
    for params, days in (({}, 365), ({"RotationPeriodInDays": 90}, 90)):
        kms.enable_key_rotation(KeyId=key, **params)
        status = kms.get_key_rotation_status(KeyId=key)
        made = kms.describe_key(KeyId=key)["KeyMetadata"]["CreationDate"]
        assert status["KeyRotationEnabled"]
        assert status["RotationPeriodInDays"] == days
        assert (status["NextRotationDate"] - made).days == days
    with pytest.raises(ClientError, match="'2561' at 'rotationPeriodInDays'") as refusal:
        kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=2561)
    assert refusal.value.response["Error"]["Code"] == "ValidationException"
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 90


def test_the_row_turns_rotation_off(kms: Client) -> None:
    key = row.create_key(kms, {"enableKeyRotation": True, "rotationPeriodInDays": 90})
    off = {"enableKeyRotation": False}
    row.update_key(kms, key, Change(old={}, new=off, keys=frozenset(off)))
    found = row.read_key(kms, key)
    assert found is not None
    assert not found["enableKeyRotation"]


def test_the_wait_for_a_deletion_has_7_to_30_days(kms: Client, key: str) -> None:
    for days, bound in ((6, "greater than or equal to 7"), (31, "less than or equal to 30")):
        with pytest.raises(ClientError, match=f"'{days}' at 'pendingWindowInDays'.*{bound}"):
            kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=days)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    with pytest.raises(ClientError, match="is not pending deletion"):
        kms.cancel_key_deletion(KeyId=key)


def test_a_key_that_waits_for_its_deletion_is_of_no_use_until_that_is_cancelled(
    kms: Client, key: str
) -> None:
    kms.create_alias(AliasName="alias/data", TargetKeyId=key)
    sealed = kms.encrypt(KeyId="alias/data", Plaintext=b"secret")["CiphertextBlob"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    tag = {"TagKey": "Stack", "TagValue": "test"}
    attempts: list[Attempt] = [
        lambda: kms.encrypt(KeyId="alias/data", Plaintext=b"x"),
        lambda: kms.decrypt(CiphertextBlob=sealed),
        lambda: kms.generate_data_key(KeyId=key, KeySpec="AES_256"),
        lambda: kms.create_alias(AliasName="alias/other", TargetKeyId=key),
        lambda: kms.enable_key(KeyId=key),
        lambda: kms.enable_key_rotation(KeyId=key),
        lambda: kms.get_key_rotation_status(KeyId=key),
        lambda: kms.tag_resource(KeyId=key, Tags=[tag]),
        lambda: kms.schedule_key_deletion(KeyId=key),
    ]
    for attempt in attempts:
        with pytest.raises(ClientError, match=f"{key} is pending deletion") as refusal:
            attempt()
        assert refusal.value.response["Error"]["Code"] == "KMSInvalidStateException"
    kms.cancel_key_deletion(KeyId=key)
    with pytest.raises(ClientError, match=f"{key} is disabled"):
        kms.decrypt(CiphertextBlob=sealed)
    kms.enable_key(KeyId=key.split("/")[1])
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"secret"


def test_a_key_is_disabled_and_enabled_by_its_arn(kms: Client, key: str) -> None:
    kms.disable_key(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
    kms.enable_key(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"


def test_a_missing_alias_is_not_found(kms: Client) -> None:
    with pytest.raises(ClientError, match="NotFoundException"):
        kms.update_alias(AliasName="alias/none", TargetKeyId="alias/none")


def policy(**changes: Any) -> str:
    statement = {"Effect": "Allow", "Principal": ROOT, "Action": "kms:*", "Resource": "*"}
    kept = {key: value for key, value in {**statement, **changes}.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [kept]})


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("{", "This policy contains invalid Json"),
        ("[]", "Syntax errors in policy"),
        ("{}", "Syntax errors in policy"),
        (policy(Principal=None), "Policy contains a statement with no principal"),
        (policy(Principal={}), "Policy contains a statement with no principal"),
        (policy(Effect=None), "Missing required field Effect"),
        (policy(Action=None), "Missing required field Action"),
        (policy(Resource=None), "Missing required field Resource"),
        (policy(Principal={"Service": "logs.us-east-1.amazonaws.com"}), FUTURE),
        (policy(Principal={"AWS": "arn:aws:iam::210987654321:root"}), FUTURE),
        (policy(Action="kms:Encrypt"), FUTURE),
        (policy(Effect="Deny"), FUTURE),
        (policy(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), FUTURE),
    ],
)
def test_a_key_policy_that_kms_refuses_makes_no_key_and_replaces_none(
    kms: Client, key: str, document: str, sentence: str
) -> None:
    before = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    with pytest.raises(ClientError, match=sentence) as refusal:
        kms.create_key(Policy=document)
    assert refusal.value.response["Error"]["Code"] == "MalformedPolicyDocumentException"
    with pytest.raises(ClientError, match=sentence):
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document)
    assert kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"] == before
    assert len(kms.list_keys()["Keys"]) == 1


def test_a_key_policy_that_lets_the_account_change_it_is_kept(kms: Client, key: str) -> None:
    for principal in ("*", {"AWS": "123456789012"}, {"AWS": [ROOT["AWS"]]}):
        kms.create_key(Policy=policy(Principal=principal))
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy(Resource=key))


def test_who_asks_for_it_can_lock_everybody_out(kms: Client) -> None:
    kms.create_key(Policy=policy(Action="kms:Encrypt"), BypassPolicyLockoutSafetyCheck=True)
