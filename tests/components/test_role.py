import json

from components.role import assume_role_policy


def test_a_service_assumes_a_role_for_resources_of_one_account_only() -> None:
    (statement,) = json.loads(
        assume_role_policy(
            "rds.amazonaws.com", source_arn="arn:aws:rds:us-east-1:123456789012:db:arbor"
        )
    )["Statement"]
    assert statement["Principal"] == {"Service": "rds.amazonaws.com"}
    assert statement["Action"] == "sts:AssumeRole"
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:rds:us-east-1:123456789012:db:arbor"},
    }


def test_a_service_without_source_arn_is_trusted_without_condition() -> None:
    (statement,) = json.loads(assume_role_policy("ecs.amazonaws.com"))["Statement"]
    assert "Condition" not in statement
