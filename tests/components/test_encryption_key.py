import json
from dataclasses import replace
from typing import Any

import pytest

from components.encryption_key import EncryptionKey, EncryptionKeyArgs, ServiceGrant, logs_grant
from harness import ACCOUNT, REGION, declare, outputs

KEY = "aws:kms/key:Key"
ARGS = EncryptionKeyArgs(
    description="Logs",
    account_id=ACCOUNT,
    region=REGION,
    services=(logs_grant(ACCOUNT, REGION),),
    tags={"Stack": "test"},
)


def statements(args: EncryptionKeyArgs = ARGS) -> list[dict[str, Any]]:
    policy = declare(lambda: EncryptionKey("logs", args)).only(KEY)["policy"]
    found: list[dict[str, Any]] = json.loads(policy)["Statement"]
    return found


def test_the_key_rotates_and_its_deletion_can_be_cancelled_for_a_month() -> None:
    key = declare(lambda: EncryptionKey("logs", ARGS)).only(KEY)

    assert key["enableKeyRotation"] is True
    assert key["deletionWindowInDays"] == 30
    assert key["tags"] == {"Stack": "test"}


@pytest.mark.parametrize("keep", [True, False])
def test_a_key_of_retained_backups_is_retained(keep: bool) -> None:
    declared = declare(lambda: EncryptionKey("logs", replace(ARGS, keep=keep)))
    assert declared.options_of(KEY).retain_on_delete is keep


def test_the_account_can_always_change_the_key() -> None:
    account, *_ = statements()

    assert account["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert account["Action"] == "kms:*"


def test_a_key_without_grants_allows_only_the_account() -> None:
    plain = EncryptionKeyArgs(description="Data", account_id=ACCOUNT, region=REGION)
    assert len(statements(plain)) == 1


def test_cloudwatch_logs_may_use_the_key_for_log_groups_of_this_account_only() -> None:
    _, logs = statements()

    assert logs["Principal"] == {"Service": f"logs.{REGION}.amazonaws.com"}
    assert logs["Condition"] == {
        "ArnLike": {
            "kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:*"
        }
    }
    assert "kms:*" not in logs["Action"]
    assert "kms:GenerateDataKey*" in logs["Action"]


def test_each_grant_is_a_statement_with_its_actions() -> None:
    grant = ServiceGrant(principal="events.amazonaws.com", actions=("kms:Decrypt",))
    more = EncryptionKeyArgs(
        description="Data", account_id=ACCOUNT, region=REGION, services=(*ARGS.services, grant)
    )
    _, logs, events = statements(more)

    assert events["Principal"] == {"Service": "events.amazonaws.com"}
    assert events["Action"] == ["kms:Decrypt"]
    assert "Condition" not in events
    assert logs["Sid"] != events["Sid"]


def test_a_grant_to_anything_but_a_service_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Logs: .* got \*"):
        EncryptionKeyArgs(
            description="Logs",
            account_id=ACCOUNT,
            region=REGION,
            services=(ServiceGrant(principal="*"),),
        )


def test_the_alias_makes_the_key_findable_by_name() -> None:
    alias = declare(lambda: EncryptionKey("logs", ARGS)).only("aws:kms/alias:Alias")

    assert alias["targetKeyId"] == "logs-key-key-id"
    assert "name" not in alias, "Pulumi names it, so that a replaced key waits for nothing"


def test_outputs_and_parents() -> None:
    found = outputs(lambda: EncryptionKey("logs", ARGS), "arn", "key_id")

    assert found == {
        "arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/logs-key",
        "key_id": "logs-key-key-id",
    }
    top = declare(lambda: EncryptionKey("logs", ARGS)).unparented
    assert top == ["arbor:security:EncryptionKey::logs"]
