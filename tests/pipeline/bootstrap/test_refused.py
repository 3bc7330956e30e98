"""Refusals of bootstrap and of AWS: one sentence, and nothing is written."""

import pytest
from botocore.exceptions import ClientError

from arbor.procedure import Failed, Refused
from arbor_names import naming
from bootstrap_fixtures import (
    ACCOUNT,
    ALIAS,
    BUCKET,
    PROVIDER,
    ROLE,
    STACK,
    STACK_ALIAS,
    Account,
    answering,
    client,
    denied,
    deployed,
    key,
    role,
)
from engine import stack_file


def refused(account: Account, *sentence: str) -> None:
    """Nothing was written, and the message contains the found value."""
    account.writes.clear()
    with pytest.raises(Refused) as refusal:
        account.bootstrap()
    for part in sentence:
        assert part in str(refusal.value)
    assert account.writes == []


def test_another_account_is_refused(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    config = stack_file.stack_config(STACK)
    provider = PROVIDER.replace(ACCOUNT, "210987654321")
    other = {"arbor:accountId": "210987654321", "arbor:githubOidcProviderArn": provider}
    monkeypatch.setattr(stack_file, "stack_config", lambda _: config | other)
    refused(account, f"are of account {ACCOUNT}", "arbor:accountId", "is 210987654321")
    with pytest.raises(Refused, match=f"are of account {ACCOUNT}"):
        account.retire()


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("arbor:accountId", 123456789012, "is 123456789012"),
        ("arbor:accountId", "1234", "is '1234'"),
        ("arbor:accountId", "1234567890123", "is '1234567890123'"),
        ("aws:region", "mars", "is 'mars'"),
        ("arbor:githubRepository", None, "is not set"),
        ("arbor:githubRepository", "", "is ''"),
        ("arbor:githubRepository", "arbor/*", "is 'arbor/*'"),
        ("arbor:githubOidcProviderArn", None, "is not set"),
        ("arbor:githubOidcProviderArn", "", f"allowed: {PROVIDER}"),
        ("arbor:githubOidcProviderArn", PROVIDER.replace("1", "2"), f"allowed: {PROVIDER}"),
    ],
)
def test_config_without_a_pipeline_is_refused(
    account: Account, monkeypatch: pytest.MonkeyPatch, name: str, value: object, found: str
) -> None:
    config = {**stack_file.stack_config(STACK), name: value}
    kept = {key: value for key, value in config.items() if value is not None}
    monkeypatch.setattr(stack_file, "stack_config", lambda _: kept)
    refused(account, name, found, "in Pulumi.production.yaml")


def test_a_bucket_of_another_account_is_refused(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("MOTO_ACCOUNT_ID", "210987654321")
        client("s3").create_bucket(Bucket=BUCKET)
    refused(account, f"the bucket {BUCKET} belongs to another account")


def test_a_bucket_in_another_region_is_refused(account: Account) -> None:
    client("s3", "eu-west-1").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    refused(account, "is in eu-west-1", "is us-east-1")


def test_a_key_that_is_scheduled_for_deletion_is_refused(made: Account) -> None:
    found = key()
    client("kms").schedule_key_deletion(KeyId=found, PendingWindowInDays=7)
    refused(made, f"{ALIAS} points at {found}", "aws kms cancel-key-deletion --key-id")


def test_a_foreign_key_is_refused_until_it_has_the_tags(account: Account) -> None:
    kms = client("kms")
    found = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=ALIAS, TargetKeyId=found)
    refused(account, f"{ALIAS} points at {found}", "Project=arbor, ManagedBy=bootstrap")
    output = {"Project": "arbor", "ManagedBy": "bootstrap"}
    pairs = [{"TagKey": name, "TagValue": value} for name, value in output.items()]
    kms.tag_resource(KeyId=found, Tags=pairs)
    account.bootstrap()
    assert key() == found


def test_two_tagged_keys_without_the_alias_are_refused(made: Account) -> None:
    kms, first = client("kms"), key()
    kms.delete_alias(AliasName=ALIAS)
    pairs = kms.list_resource_tags(KeyId=first)["Tags"]
    second = kms.create_key(Tags=pairs)["KeyMetadata"]["Arn"]
    refused(made, first, second, "all tagged")
    kms.schedule_key_deletion(KeyId=second, PendingWindowInDays=7)
    made.bootstrap()
    assert key() == first


def test_a_key_that_denies_reads_is_foreign(account: Account) -> None:
    foreign = client("kms").create_key()["KeyMetadata"]["Arn"]

    def denied(params: dict[str, str], **_: object) -> None:
        if params["KeyId"] == foreign:
            error = {"Code": "AccessDeniedException", "Message": "no key policy allows it"}
            raise ClientError({"Error": error}, "ListResourceTags")

    with answering("provide-client-params.kms.ListResourceTags", denied):
        account.bootstrap()
        assert key() != foreign
        client("kms").update_alias(AliasName=ALIAS, TargetKeyId=foreign)
        refused(account, f"{ALIAS} points at {foreign}")


def test_a_stacks_key_is_not_another_stacks(made: Account) -> None:
    client("kms").tag_resource(
        KeyId=key(STACK_ALIAS), Tags=[{"TagKey": "Stack", "TagValue": "staging"}]
    )
    refused(made, f"{STACK_ALIAS} points at {key(STACK_ALIAS)}", "Stack=production")


@pytest.mark.parametrize(
    "name", ["arbor-production-boundary", f"{ROLE}-reads", f"{ROLE}-changes", f"{ROLE}-roles"]
)
def test_a_foreign_policy_is_refused(made: Account, name: str) -> None:
    client("iam").untag_policy(
        PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/{name}", TagKeys=["ManagedBy"]
    )
    refused(made, f"bootstrap did not create the policy {name}")


def test_one_number_of_githubs_without_the_other_is_refused(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = {**stack_file.stack_config(STACK), "arbor:githubOwnerId": "7"}
    monkeypatch.setattr(stack_file, "stack_config", lambda _: config)
    refused(account, "arbor:githubRepositoryId is ''", "both empty")


@pytest.mark.parametrize("lacking", ["Project", "ManagedBy", "Stack"])
def test_a_foreign_role_is_refused(made: Account, lacking: str) -> None:
    client("iam").untag_role(RoleName=ROLE, TagKeys=[lacking])
    refused(made, sentence := f"bootstrap did not create the role {ROLE}")
    deployed()
    with pytest.raises(Refused, match=sentence):
        made.retire()
    assert role()


def test_if_aws_denies_a_read_nothing_is_written(account: Account) -> None:
    with answering("before-call.iam.GetRole", denied), pytest.raises(ClientError, match="GetRole"):
        account.bootstrap()
    assert account.writes == []


def test_a_refused_write_is_reported_and_the_next_run_continues(account: Account) -> None:
    with (
        answering("before-call.s3.PutBucketPolicy", denied),
        pytest.raises(Failed, match=r"to the policy of .*perform: PutBucketPolicy"),
    ):
        account.bootstrap()
    logs = naming.state_log_bucket(ACCOUNT)
    assert account.left()[0].endswith(f"to the policy of {logs}")
    account.bootstrap()
    assert account.left() == []
