"""`bootstrap`: what the first `up` needs is made, put right, refused or left alone."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.iam import aws_managed_policies, models
from typer.testing import CliRunner, Result

import ci_documents
import naming
from emulator import correction, corrections, engine
from emulator.clock import CLOCK
from operations.procedure import Failed, Refused, Run, Step
from pipeline.__main__ import app
from pipeline.bootstrap import place, plan

STACK, ACCOUNT, REGION = "production", "123456789012", "us-east-1"
BUCKET, ALIAS = "arbor-pulumi-state-123456789012", "alias/arbor-pulumi-state"
ROLE = "arbor-production-ci-bootstrap"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ci_documents.ISSUER}"
ALLOWED = {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
MADE = (
    "CreateKey",
    "CreateAlias",
    "EnableKeyRotation",
    "CreateBucket",
    "PutPublicAccessBlock",
    "PutBucketPolicy",
    "PutBucketEncryption",
    "PutBucketVersioning",
    "PutBucketTagging",
    "CreateOpenIDConnectProvider",
    "CreateRole",
    "AttachRolePolicy",
    "PutRolePolicy",
)
"""Every write that makes all of it, in its order."""
RETIRED = ("DetachRolePolicy", "DeleteRolePolicy", "DeleteRole")
SERVICES = ("iam", "kms", "s3", "sts")
READS = ("Get", "List", "Head", "Describe")
Client = Any
Change = Callable[[], object]


class Killed(BaseException):
    """The process is gone: nothing catches this."""


@cache
def made_client(service: str, region: str, whose: str) -> Client:
    """One for all tests: making one takes longer than most tests."""
    assert whose
    return boto3.Session("testing", "testing", region_name=region).client(service)


def client(service: str, region: str = REGION) -> Client:
    """The test's own, for what somebody else does in the account."""
    return made_client(service, region, "test")


def noted_client(service: str, region: str = REGION) -> Client:
    """The one whose writes are told."""
    return made_client(service, region, "pipeline")


@cache
def attachable() -> str:
    """The policies of AWS that are attached here; moto takes a second to load all."""
    names = ("AdministratorAccess", "PowerUserAccess")
    known = json.loads(aws_managed_policies.aws_managed_policies_data)
    return json.dumps({name: known[name] for name in names})


class Account:
    """What is written in it, and when the writer dies."""

    def __init__(self) -> None:
        self.writes: list[str] = []
        self.dies_after: int | None = None

    def note(self, model: Any, **_: object) -> None:
        if not model.name.startswith(READS):
            self.writes.append(model.name)
            if len(self.writes) == self.dies_after:
                raise Killed

    def place(self, stack: str = STACK) -> place.Place:
        return place.of_stack(stack, lambda region: partial(noted_client, region=region))

    def left(self) -> list[str]:
        return [step.says for step in plan.to_make(self.place())]

    def bootstrap(self) -> None:
        execute(plan.to_make(self.place()))

    def retire(self) -> None:
        execute(plan.to_retire(self.place()))


def execute(steps: list[Step]) -> None:
    Run(say=lambda _: None, sleep=lambda _: None).execute(steps)


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual AWS configuration, of another region than the stack's."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    assert corrections  # imported for what it registers
    monkeypatch.setattr(models, "aws_managed_policies_data", attachable())
    correction.apply()
    CLOCK.set_speed(0)
    with mock_aws(config={"iam": {"load_aws_managed_policies": True}}):
        made = Account()
        for service in SERVICES:
            noted_client(service).meta.events.register("after-call", made.note)
        yield made
        for service in SERVICES:
            noted_client(service).meta.events.unregister("after-call", made.note)


@pytest.fixture
def made(account: Account) -> Account:
    """All of it is there."""
    account.bootstrap()
    account.writes.clear()
    return account


def key() -> str:
    return str(client("kms").describe_key(KeyId=ALIAS)["KeyMetadata"]["Arn"])


def role() -> dict[str, Any]:
    found: dict[str, Any] = client("iam").get_role(RoleName=ROLE)["Role"]
    return found


def tags(pairs: list[dict[str, str]]) -> dict[str, str]:
    return {pair.get("Key", pair.get("TagKey", "")): list(pair.values())[1] for pair in pairs}


@pytest.mark.usefixtures("made")
def test_the_bucket_is_versioned_encrypted_closed_and_answers_over_tls_only() -> None:
    s3, named = client("s3"), {"Bucket": BUCKET}
    assert s3.get_bucket_versioning(**named)["Status"] == "Enabled"
    rule = s3.get_bucket_encryption(**named)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": key(),
    }
    block = s3.get_public_access_block(**named)["PublicAccessBlockConfiguration"]
    assert list(block.values()) == [True] * 4
    owner = s3.get_bucket_ownership_controls(**named)["OwnershipControls"]["Rules"]
    assert owner == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    (deny,) = json.loads(s3.get_bucket_policy(**named)["Policy"])["Statement"]
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "s3:*")
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert deny["Resource"] == [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
    assert tags(s3.get_bucket_tagging(**named)["TagSet"])["ManagedBy"] == "bootstrap"


@pytest.mark.usefixtures("made")
def test_the_key_rotates_and_is_the_accounts() -> None:
    kms = client("kms")
    assert kms.get_key_rotation_status(KeyId=key())["KeyRotationEnabled"]
    (statement,) = json.loads(kms.get_key_policy(KeyId=key(), PolicyName="default")["Policy"])[
        "Statement"
    ]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert tags(kms.list_resource_tags(KeyId=key())["Tags"]) == {
        "Project": "arbor",
        "ManagedBy": "bootstrap",
        "Component": "state",
    }


def test_the_role_is_for_jobs_of_the_repository_in_the_stacks_environment(made: Account) -> None:
    (statement,) = role()["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Federated": PROVIDER}
    assert statement["Condition"] == {
        "StringEquals": {
            f"{ci_documents.ISSUER}:aud": "sts.amazonaws.com",
            f"{ci_documents.ISSUER}:sub": [
                "repo:arbor-energy/infrastructure:environment:production"
            ],
        }
    }
    assert tags(role()["Tags"]) == {
        "Project": "arbor",
        "Stack": "production",
        "Component": "ci",
        "ManagedBy": "bootstrap",
    }
    iam = client("iam")
    attached = iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [ci_documents.DEPLOYS]
    inline = iam.get_role_policy(RoleName=ROLE, PolicyName="bootstrap")["PolicyDocument"]
    assert inline == json.loads(ci_documents.of_bootstrap(made.place().pipeline))


@pytest.mark.usefixtures("made")
def test_the_provider_takes_tokens_that_were_made_for_aws() -> None:
    found = client("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)
    assert (found["Url"], found["ClientIDList"]) == (ci_documents.ISSUER, ["sts.amazonaws.com"])


def test_a_second_run_has_no_steps(account: Account) -> None:
    account.bootstrap()
    assert tuple(account.writes) == MADE
    assert account.left() == []


def test_the_other_stack_of_the_account_needs_only_its_role(made: Account) -> None:
    says = [step.says for step in plan.to_make(made.place("staging"))]
    assert says[0] == "make the role arbor-staging-ci-bootstrap"
    assert all("arbor-staging-ci-bootstrap" in sentence for sentence in says)


@pytest.mark.parametrize("writes", range(1, len(MADE) + 1), ids=lambda n: f"after {MADE[n - 1]}")
def test_a_run_that_was_killed_is_finished_by_the_next(account: Account, writes: int) -> None:
    account.dies_after = writes
    with pytest.raises(Killed):
        account.bootstrap()
    account.bootstrap()
    assert len(set(account.writes)) == len(account.writes)  # nothing twice
    assert set(account.writes) <= set(MADE)
    assert account.left() == []
    assert len(client("kms").list_keys()["Keys"]) == 1


def test_looking_writes_nothing(made: Account) -> None:
    client("s3").delete_bucket_policy(Bucket=BUCKET)
    steps = plan.to_make(made.place())
    says: list[str] = []
    Run(say=says.append, dry_run=True).execute(steps)
    assert says == [f"would let {BUCKET} refuse requests without TLS"]
    assert made.writes == []


def retag_bucket() -> None:
    client("s3").put_bucket_tagging(
        Bucket=BUCKET, Tagging={"TagSet": [{"Key": "Team", "Value": "a"}]}
    )


def lay_open(**changes: str) -> None:
    block = {name: name not in changes for name in ("BlockPublicAcls", "BlockPublicPolicy")}
    client("s3").put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=block)


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
    "rotation": (
        lambda: client("kms").disable_key_rotation(KeyId=key()),
        ("EnableKeyRotation",),
    ),
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
        lambda: client("iam").detach_role_policy(RoleName=ROLE, PolicyArn=ci_documents.DEPLOYS),
        ("AttachRolePolicy",),
    ),
}


@pytest.mark.parametrize("what", DRIFT)
def test_what_differs_is_put_right_and_nothing_else_is_touched(made: Account, what: str) -> None:
    change, writes = DRIFT[what]
    change()
    made.bootstrap()
    assert tuple(made.writes) == writes
    assert made.left() == []


def test_what_others_put_beside_ours_stays(made: Account) -> None:
    retag_bucket()
    theirs = {
        "Sid": "Theirs",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteBucket",
        "Resource": f"arn:aws:s3:::{BUCKET}",
    }
    client("s3").put_bucket_policy(Bucket=BUCKET, Policy=ci_documents.document([theirs]))
    made.bootstrap()
    found = json.loads(client("s3").get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert found == [theirs, ci_documents.only_over_tls(BUCKET)]
    assert tags(client("s3").get_bucket_tagging(Bucket=BUCKET)["TagSet"])["Team"] == "a"


def test_a_policy_that_aws_writes_in_its_own_way_is_the_same(made: Account) -> None:
    trust = json.loads(ci_documents.trust(PROVIDER, ["x"]))
    trust["Statement"][0]["Condition"] = {
        "StringEquals": {
            f"{ci_documents.ISSUER}:sub": ci_documents.deploy_subjects(made.place().pipeline)[0],
            f"{ci_documents.ISSUER}:aud": [ci_documents.AUDIENCE],
        }
    }
    client("iam").update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(trust))
    assert made.left() == []


def test_a_provider_that_is_there_is_left_as_it_is(account: Account) -> None:
    audiences = ["sigstore", "sts.amazonaws.com"]
    client("iam").create_open_id_connect_provider(
        Url=f"https://{ci_documents.ISSUER}", ClientIDList=audiences
    )
    account.bootstrap()
    found = client("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)
    assert (found["ClientIDList"], found["Tags"]) == (audiences, [])


def refused(account: Account, *sentence: str) -> None:
    """Nothing was written, and what was found is told."""
    account.writes.clear()
    with pytest.raises(Refused) as refusal:
        account.bootstrap()
    for part in sentence:
        assert part in str(refusal.value)
    assert account.writes == []


def test_another_account_is_refused(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    config = engine.stack_config(STACK)
    provider = PROVIDER.replace(ACCOUNT, "210987654321")
    other = {"arbor:accountId": "210987654321", "arbor:githubOidcProviderArn": provider}
    monkeypatch.setattr(engine, "stack_config", lambda _: config | other)
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
    config = {**engine.stack_config(STACK), name: value}
    kept = {key: value for key, value in config.items() if value is not None}
    monkeypatch.setattr(engine, "stack_config", lambda _: kept)
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
    refused(account, "lies in eu-west-1", "is us-east-1")


def test_a_key_that_waits_for_its_deletion_is_refused(made: Account) -> None:
    found = key()
    client("kms").schedule_key_deletion(KeyId=found, PendingWindowInDays=7)
    refused(made, f"{ALIAS} points at {found}", "aws kms cancel-key-deletion --key-id")


def test_a_key_that_is_not_ours_is_refused_until_somebody_says_it_is(account: Account) -> None:
    kms = client("kms")
    found = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=ALIAS, TargetKeyId=found)
    refused(account, f"{ALIAS} points at {found}", "Project=arbor, ManagedBy=bootstrap")
    said = {"Project": "arbor", "ManagedBy": "bootstrap"}
    pairs = [{"TagKey": name, "TagValue": value} for name, value in said.items()]
    kms.tag_resource(KeyId=found, Tags=pairs)
    account.bootstrap()
    assert key() == found


def test_of_two_keys_without_the_alias_none_is_taken(made: Account) -> None:
    kms, first = client("kms"), key()
    kms.delete_alias(AliasName=ALIAS)
    pairs = kms.list_resource_tags(KeyId=first)["Tags"]
    second = kms.create_key(Tags=pairs)["KeyMetadata"]["Arn"]
    refused(made, first, second, "both tagged")
    kms.schedule_key_deletion(KeyId=second, PendingWindowInDays=7)
    made.bootstrap()
    assert key() == first


def test_a_key_that_keeps_iam_out_is_anothers(account: Account) -> None:
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


@pytest.mark.parametrize("lacking", ["Project", "ManagedBy", "Stack"])
def test_a_role_that_we_did_not_make_is_refused(made: Account, lacking: str) -> None:
    client("iam").untag_role(RoleName=ROLE, TagKeys=[lacking])
    refused(made, sentence := f"bootstrap did not make the role {ROLE}")
    deployed()
    with pytest.raises(Refused, match=sentence):
        made.retire()
    assert role()


def deployed() -> None:
    """The stack is up, and with it its own roles."""
    client("iam").create_role(
        RoleName=naming.ci_deploy_role(STACK),
        AssumeRolePolicyDocument=ci_documents.trust(PROVIDER, ["repo:a/b:environment:x"]),
    )


def test_the_role_stays_while_no_other_could_deploy(made: Account) -> None:
    with pytest.raises(Refused, match="there is no role arbor-production-ci-deploy yet"):
        made.retire()
    assert made.writes == []
    assert role()


@pytest.mark.parametrize("writes", range(1, len(RETIRED) + 1))
def test_the_role_goes_with_its_policies_and_can_come_back(made: Account, writes: int) -> None:
    deployed()
    made.dies_after = writes
    with pytest.raises(Killed):
        made.retire()
    made.retire()
    assert tuple(made.writes) == RETIRED
    assert plan.to_retire(made.place()) == []
    with pytest.raises(ClientError, match="NoSuchEntity"):
        role()
    made.bootstrap()
    assert made.left() == []
    assert role()


def test_a_bucket_outside_the_first_region_says_where_it_lies(account: Account) -> None:
    there = replace(
        account.place(), region="eu-west-1", client=partial(noted_client, region="eu-west-1")
    )
    execute(plan.to_make(there))
    found = client("s3").get_bucket_location(Bucket=BUCKET)["LocationConstraint"]
    assert found == "eu-west-1"


@contextmanager
def answering(event: str, handler: Callable[..., None]) -> Iterator[None]:
    """While it lasts, AWS answers the pipeline like this."""
    events = noted_client(event.split(".")[1]).meta.events
    events.register(event, handler)
    try:
        yield
    finally:
        events.unregister(event, handler)


def denied(model: Any, **_: object) -> None:
    error = {"Code": "AccessDenied", "Message": f"not authorized to perform: {model.name}"}
    raise ClientError({"Error": error}, model.name)


def test_what_aws_refuses_to_tell_is_one_sentence(account: Account) -> None:
    with (
        answering("before-call.iam.GetRole", denied),
        pytest.raises(Failed, match=r"nothing was changed: .*perform: GetRole"),
    ):
        account.bootstrap()
    assert account.writes == []


def test_what_aws_refuses_to_write_is_told_and_the_rest_is_left_to_the_next_run(
    account: Account,
) -> None:
    with (
        answering("before-call.s3.PutBucketPolicy", denied),
        pytest.raises(Failed, match=r"without TLS: .*perform: PutBucketPolicy"),
    ):
        account.bootstrap()
    assert account.left()[0] == f"let {BUCKET} refuse requests without TLS"
    account.bootstrap()
    assert account.left() == []


def run(*words: str, answer: str | None = None, stack: str = STACK) -> Result:
    return CliRunner().invoke(app, ["bootstrap", "--stack", stack, *words], input=answer)


def test_done_is_0_and_says_what_to_type_next(account: Account) -> None:
    done = run("--yes")
    assert done.exit_code == 0, done.output
    assert f"make the bucket {BUCKET}" in done.stdout
    assert f"pulumi login 's3://{BUCKET}?region=us-east-1'" in done.stdout
    assert f"--secrets-provider 'awskms://{ALIAS}?region=us-east-1'" in done.stdout
    assert account.left() == []
    again = run("--yes")
    assert again.exit_code == 0
    assert again.stdout.startswith("Nothing is left to do.")


def test_a_dry_run_writes_nothing(account: Account) -> None:
    before = account.left()
    done = run("--dry-run")
    assert done.exit_code == 0
    assert [line.removeprefix("would ") for line in done.stdout.splitlines()] == before
    assert account.left() == before


def test_without_anybody_to_ask_nothing_is_done(account: Account) -> None:
    before = account.left()
    done = run()
    assert done.exit_code == 3
    assert "add --yes" in done.stderr
    assert account.left() == before


@pytest.mark.usefixtures("made")
def test_what_is_refused_is_3() -> None:
    done = run("--retire-role", "--yes")
    assert done.exit_code == 3
    assert "Refused, nothing was changed: there is no role" in done.stderr


@pytest.mark.usefixtures("made")
def test_the_role_is_retired() -> None:
    deployed()
    done = run("--retire-role", "--yes")
    assert done.exit_code == 0, done.output
    assert f"{ROLE} is retired." in done.stdout


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("words", [("--fast",), ("--stack", "moon")])
def test_what_was_mistyped_is_2(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert "Traceback" not in done.output


@pytest.mark.usefixtures("account")
def test_without_credentials_it_is_one_sentence_and_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    done = run("--yes")
    assert done.exit_code == 1
    (line,) = done.stderr.splitlines()
    assert "nothing was changed: Unable to locate credentials" in line
