"""Secrets Manager: secrets that wait for their deletion, and labels."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

Client = Any
Attempt = Callable[[Client], object]
NAME = "shop/test/database"


@pytest.fixture
def secrets() -> Client:
    client = boto3.client("secretsmanager")
    client.create_secret(Name=NAME, SecretString="first", Tags=[{"Key": "Stack", "Value": "test"}])
    return client


def version(secrets: Client, value: str, *stages: str) -> str:
    made = secrets.put_secret_value(
        SecretId=NAME, SecretString=value, VersionStages=list(stages) or ["AWSCURRENT"]
    )
    return str(made["VersionId"])


def labels(secrets: Client) -> dict[str, set[str]]:
    """The labels of each version, by its value."""
    stages = secrets.describe_secret(SecretId=NAME)["VersionIdsToStages"]
    return {
        secrets.get_secret_value(SecretId=NAME, VersionId=key)["SecretString"]: set(found)
        for key, found in stages.items()
    }


def move(secrets: Client, stage: str, **versions: str) -> None:
    secrets.update_secret_version_stage(SecretId=NAME, VersionStage=stage, **versions)


ATTEMPTS: list[Attempt] = [
    lambda secrets: secrets.get_secret_value(SecretId=NAME),
    lambda secrets: secrets.get_secret_value(SecretId=NAME, VersionStage="unknown"),
    lambda secrets: secrets.put_secret_value(SecretId=NAME, SecretString="second"),
    lambda secrets: secrets.update_secret(SecretId=NAME, Description="d"),
    lambda secrets: secrets.tag_resource(SecretId=NAME, Tags=[{"Key": "a", "Value": "b"}]),
    lambda secrets: secrets.untag_resource(SecretId=NAME, TagKeys=["Stack"]),
    lambda secrets: secrets.update_secret_version_stage(
        SecretId=NAME, VersionStage="AWSCURRENT", MoveToVersionId="x" * 32
    ),
]


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_secret_that_waits_for_its_deletion_is_of_no_use_until_it_is_restored(
    secrets: Client, attempt: Attempt
) -> None:
    secrets.delete_secret(SecretId=NAME, RecoveryWindowInDays=7)
    with pytest.raises(ClientError, match="because it was marked for deletion") as refusal:
        attempt(secrets)
    assert refusal.value.response["Error"]["Code"] == "InvalidRequestException"
    secrets.restore_secret(SecretId=NAME)
    assert secrets.get_secret_value(SecretId=NAME)["SecretString"] == "first"


def test_a_deleted_secret_holds_its_name_unless_it_was_deleted_without_recovery(
    secrets: Client,
) -> None:
    secrets.delete_secret(SecretId=NAME, RecoveryWindowInDays=7)
    with pytest.raises(ClientError, match="is already scheduled for deletion") as refusal:
        secrets.create_secret(Name=NAME)
    assert refusal.value.response["Error"]["Code"] == "InvalidRequestException"
    secrets.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)
    secrets.create_secret(Name=NAME)
    with pytest.raises(ClientError, match="ResourceExistsException"):
        secrets.create_secret(Name=NAME)


@pytest.mark.parametrize("days", [6, 31])
def test_the_recovery_window_has_7_to_30_days(secrets: Client, days: int) -> None:
    with pytest.raises(ClientError, match="must be between 7 and 30 days"):
        secrets.delete_secret(SecretId=NAME, RecoveryWindowInDays=days)


def test_a_new_version_moves_its_own_labels_only(secrets: Client) -> None:
    version(secrets, "second", "AWSCURRENT", "initial", "kept")
    version(secrets, "third", "AWSCURRENT", "initial")
    assert labels(secrets) == {
        "first": set(),
        "second": {"AWSPREVIOUS", "kept"},
        "third": {"AWSCURRENT", "initial"},
    }
    version(secrets, "fourth", "AWSCURRENT", "kept")
    assert labels(secrets)["second"] == set()
    assert labels(secrets)["third"] == {"AWSPREVIOUS", "initial"}


def test_a_label_is_on_one_version_only(secrets: Client) -> None:
    second, third = version(secrets, "second", "mine"), version(secrets, "third", "AWSPENDING")
    with pytest.raises(ClientError, match=f"mine is currently attached to version {second}"):
        move(secrets, "mine", MoveToVersionId=third)
    move(secrets, "mine", MoveToVersionId=second)
    assert labels(secrets)["second"] == {"mine"}
    move(secrets, "mine", MoveToVersionId=third, RemoveFromVersionId=second)
    assert labels(secrets) == {
        "first": {"AWSCURRENT"},
        "second": set(),
        "third": {"AWSPENDING", "mine"},
    }


def test_the_current_value_is_the_one_with_the_label_which_can_only_move(secrets: Client) -> None:
    first = secrets.get_secret_value(SecretId=NAME)["VersionId"]
    second = version(secrets, "second")
    with pytest.raises(ClientError, match="You can only move staging label AWSCURRENT"):
        move(secrets, "AWSCURRENT", RemoveFromVersionId=second)
    move(secrets, "AWSCURRENT", MoveToVersionId=first, RemoveFromVersionId=second)
    assert secrets.get_secret_value(SecretId=NAME)["SecretString"] == "first"
    assert labels(secrets) == {"first": {"AWSCURRENT"}, "second": {"AWSPREVIOUS"}}


def test_versions_are_listed_with_the_moment_of_their_creation(secrets: Client) -> None:
    """Versions without a label are listed with IncludeDeprecated only."""

    def listed(**params: bool) -> list[list[str]]:
        found = secrets.list_secret_version_ids(SecretId=NAME, **params)["Versions"]
        return [one.get("VersionStages", []) for one in found]

    version(secrets, "second")
    version(secrets, "third")
    assert listed() == [["AWSPREVIOUS"], ["AWSCURRENT"]]
    assert listed(IncludeDeprecated=True) == [[], ["AWSPREVIOUS"], ["AWSCURRENT"]]
    shown = secrets.list_secret_version_ids(SecretId=NAME)["Versions"][1]
    value = secrets.get_secret_value(SecretId=NAME)
    assert (shown["VersionId"], shown["CreatedDate"]) == (value["VersionId"], value["CreatedDate"])
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        secrets.list_secret_version_ids(SecretId="none")


def test_a_missing_secret_is_not_found(secrets: Client) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        secrets.update_secret_version_stage(
            SecretId="none", VersionStage="mine", MoveToVersionId="x" * 32
        )
