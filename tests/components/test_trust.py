import json

from components.trust import trust


def test_a_service_takes_on_a_role_for_the_resources_of_one_account_only() -> None:
    (statement,) = json.loads(
        trust("rds.amazonaws.com", source_arn="arn:aws:rds:us-east-1:123456789012:db:arbor")
    )["Statement"]
    assert statement["Principal"] == {"Service": "rds.amazonaws.com"}
    assert statement["Action"] == "sts:AssumeRole"
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:rds:us-east-1:123456789012:db:arbor"},
    }


def test_a_service_that_names_no_resource_is_trusted_as_it_is() -> None:
    (statement,) = json.loads(trust("ecs.amazonaws.com"))["Statement"]
    assert "Condition" not in statement
