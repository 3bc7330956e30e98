"""Bootstrap creates what the first `up` needs, once, even if a run is killed."""

import json
from collections import Counter
from dataclasses import replace
from functools import partial

import pytest

from access import boundary, deploy, state
from access import sessions as ci_sessions
from access import trust as ci_documents
from arbor.procedure import Run
from arbor_names import naming
from bootstrap_fixtures import (
    ACCOUNT,
    ALIAS,
    BUCKET,
    PROVIDER,
    ROLE,
    STACK_ALIAS,
    Account,
    Killed,
    client,
    execute,
    key,
    noted_client,
    retag_bucket,
    role,
    tags,
)
from pipeline.bootstrap import plan

KEY = ("CreateKey", "CreateAlias", "EnableKeyRotation")
A_BUCKET = (
    "CreateBucket",
    "PutPublicAccessBlock",
    "PutBucketPolicy",
    "PutBucketEncryption",
    "PutBucketVersioning",
    "PutBucketTagging",
)
POLICY = ("CreatePolicy", "AttachRolePolicy")
MADE = (
    *KEY,  # the bucket's
    *KEY,  # the stack's
    *A_BUCKET,  # of the logs
    "PutBucketLifecycleConfiguration",
    *A_BUCKET,
    "PutBucketLogging",
    "CreateOpenIDConnectProvider",
    "CreatePolicy",  # the boundary
    "CreateRole",
    *(POLICY * 3),
    "PutRolePolicy",
)
"""Every write of a complete bootstrap, in order."""


@pytest.mark.usefixtures("made")
def test_the_bucket_is_versioned_encrypted_private_and_requires_tls() -> None:
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
    tls, versions, settings = json.loads(s3.get_bucket_policy(**named)["Policy"])["Statement"]
    assert (tls["Effect"], tls["Principal"], tls["Action"]) == ("Deny", "*", "s3:*")
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    for deny in (tls, versions, settings):
        assert deny["Resource"] == [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
    assert "s3:DeleteObjectVersion" in versions["Action"]
    assert "s3:PutBucketVersioning" in settings["Action"]
    assert tags(s3.get_bucket_tagging(**named)["TagSet"])["ManagedBy"] == "bootstrap"


@pytest.mark.usefixtures("made")
def test_access_to_the_bucket_is_logged_for_a_year() -> None:
    s3, logs = client("s3"), naming.state_log_bucket(ACCOUNT)
    logging = s3.get_bucket_logging(Bucket=BUCKET)["LoggingEnabled"]
    assert (logging["TargetBucket"], logging["TargetPrefix"]) == (logs, "state/")
    delivery = json.loads(s3.get_bucket_policy(Bucket=logs)["Policy"])["Statement"][0]
    assert delivery["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert delivery["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=logs)["Rules"]
    assert rule["Expiration"] == {"Days": 365}
    block = s3.get_public_access_block(Bucket=logs)["PublicAccessBlockConfiguration"]
    assert list(block.values()) == [True] * 4


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(
    ("alias", "whose"), [(ALIAS, {}), (STACK_ALIAS, {"Stack": "production"})], ids=str
)
def test_each_key_rotates_and_the_account_can_use_but_not_destroy_it(
    alias: str, whose: dict[str, str]
) -> None:
    kms = client("kms")
    assert kms.get_key_rotation_status(KeyId=key(alias))["KeyRotationEnabled"]
    account, keep, settings = json.loads(
        kms.get_key_policy(KeyId=key(alias), PolicyName="default")["Policy"]
    )["Statement"]
    assert account["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert "kms:ScheduleKeyDeletion" in keep["Action"]
    assert keep["Condition"] == {
        "ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/arbor-break-glass"}
    }
    assert "kms:PutKeyPolicy" in settings["Action"]
    assert tags(kms.list_resource_tags(KeyId=key(alias))["Tags"]) == {
        "Project": "arbor",
        "ManagedBy": "bootstrap",
        "Component": "state",
        **whose,
    }


def test_the_boundary_is_the_one_of_access(made: Account) -> None:
    iam, arn = client("iam"), ci_documents.boundary_arn(made.account_of().pipeline)
    found = iam.get_policy(PolicyArn=arn)["Policy"]
    version = iam.get_policy_version(PolicyArn=arn, VersionId=found["DefaultVersionId"])
    wanted = json.loads(boundary.of_program(made.account_of().pipeline))
    assert version["PolicyVersion"]["Document"] == wanted


def test_the_role_is_assumable_by_jobs_in_the_stacks_environment(made: Account) -> None:
    (statement,) = role()["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Federated": PROVIDER}
    assert statement["Condition"] == {
        "StringEquals": {
            f"{ci_documents.ISSUER}:aud": "sts.amazonaws.com",
            f"{ci_documents.ISSUER}:sub": [
                "repo:arbor-energy/infrastructure:environment:production"
            ],
            f"{ci_documents.ISSUER}:job_workflow_ref": [
                f"arbor-energy/infrastructure/.github/workflows/{file}@refs/heads/main"
                for file in ci_documents.BOOTSTRAP_WORKFLOWS
            ],
            f"{ci_documents.ISSUER}:ref": "refs/heads/main",
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
    assert {policy["PolicyName"] for policy in attached} == {
        f"{ROLE}-{part}" for part in ("reads", "changes", "roles")
    }
    inline = iam.get_role_policy(RoleName=ROLE, PolicyName="bootstrap")["PolicyDocument"]
    assert inline == json.loads(deploy.of_bootstrap(made.account_of().pipeline))
    assert role()["MaxSessionDuration"] == ci_sessions.WRITE_SECONDS


@pytest.mark.usefixtures("made")
def test_the_provider_accepts_tokens_for_aws() -> None:
    found = client("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)
    assert (found["Url"], found["ClientIDList"]) == (ci_documents.ISSUER, ["sts.amazonaws.com"])


def test_a_second_run_has_no_steps(account: Account) -> None:
    account.bootstrap()
    assert tuple(account.writes) == MADE
    assert account.left() == []


def test_another_stack_of_the_account_gets_its_key_boundary_and_role(made: Account) -> None:
    message = [step.action for step in plan.to_make(made.account_of("staging"))]
    assert message[0] == "create the key of staging's state"
    assert all("staging" in sentence for sentence in message)
    assert not [sentence for sentence in message if BUCKET in sentence]


def test_resources_of_an_older_version_are_updated(account: Account) -> None:
    """A bucket without logs, one key that the account may destroy, PowerUserAccess."""
    kms, s3, iam = client("kms"), client("s3"), client("iam")
    theirs = {"Project": "arbor", "ManagedBy": "bootstrap", "Component": "state"}
    pairs = [{"TagKey": name, "TagValue": value} for name, value in theirs.items()]
    older = kms.create_key(Tags=pairs)["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=ALIAS, TargetKeyId=older)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=ci_documents.document([state.only_over_tls(BUCKET)]))
    s3.put_object(Bucket=BUCKET, Key=".pulumi/stacks/arbor/production.json", Body=b"{}")
    owner = {"Project": "arbor", "ManagedBy": "bootstrap", "Stack": "production"}
    iam.create_role(
        RoleName=ROLE,
        AssumeRolePolicyDocument=ci_documents.trust(PROVIDER, ["repo:a/b:environment:x"]),
        Tags=[{"Key": name, "Value": value} for name, value in owner.items()],
    )
    iam.attach_role_policy(RoleName=ROLE, PolicyArn="arn:aws:iam::aws:policy/PowerUserAccess")
    account.bootstrap()
    assert account.left() == []
    assert key() == older
    assert key(STACK_ALIAS) != older
    assert not [one for one in account.writes if one.startswith("Delete")]
    assert s3.get_object(Bucket=BUCKET, Key=".pulumi/stacks/arbor/production.json")
    attached = iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]
    assert "PowerUserAccess" not in {policy["PolicyName"] for policy in attached}
    assert role()["MaxSessionDuration"] == ci_sessions.WRITE_SECONDS


@pytest.mark.parametrize("writes", range(1, len(MADE) + 1), ids=lambda n: f"{n} {MADE[n - 1]}")
def test_a_killed_run_is_completed_by_the_next(account: Account, writes: int) -> None:
    account.dies_after = writes
    with pytest.raises(Killed):
        account.bootstrap()
    account.bootstrap()
    assert Counter(account.writes) <= Counter(MADE)  # no write is repeated
    assert account.left() == []
    assert len(client("kms").list_keys()["Keys"]) == 2


def test_a_dry_run_lists_steps_and_writes_nothing(made: Account) -> None:
    client("s3").delete_bucket_policy(Bucket=BUCKET)
    steps = plan.to_make(made.account_of())
    message: list[str] = []
    Run(say=message.append, dry_run=True).execute(steps)
    sids = "OnlyOverTls and KeepVersions and KeepSettings"
    assert message == [f"would add {sids} to the policy of {BUCKET}"]
    assert made.writes == []


def test_additions_by_others_stay(made: Account) -> None:
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
    assert found == [theirs, *state.bucket_statements(made.account_of().pipeline)]
    assert tags(client("s3").get_bucket_tagging(Bucket=BUCKET)["TagSet"])["Team"] == "a"


def test_a_policy_in_awss_normal_form_is_equal(made: Account) -> None:
    pipeline = made.account_of().pipeline
    trust = json.loads(ci_documents.bootstrap_trust(pipeline, PROVIDER))
    claims = trust["Statement"][0]["Condition"]["StringEquals"]
    claims[f"{ci_documents.ISSUER}:aud"] = [ci_documents.AUDIENCE]
    (claims[f"{ci_documents.ISSUER}:sub"],) = claims[f"{ci_documents.ISSUER}:sub"]
    claims[f"{ci_documents.ISSUER}:ref"] = [ci_documents.MAIN]
    policy = json.loads(deploy.of_bootstrap(pipeline))
    for statement in policy["Statement"]:
        statement["Action"].reverse()
    iam = client("iam")
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(trust))
    iam.put_role_policy(RoleName=ROLE, PolicyName="bootstrap", PolicyDocument=json.dumps(policy))
    assert made.left() == []


def test_an_existing_provider_is_left_unchanged(account: Account) -> None:
    audiences = ["sigstore", "sts.amazonaws.com"]
    client("iam").create_open_id_connect_provider(
        Url=f"https://{ci_documents.ISSUER}", ClientIDList=audiences
    )
    account.bootstrap()
    found = client("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)
    assert (found["ClientIDList"], found["Tags"]) == (audiences, [])


def test_a_bucket_outside_us_east_1_has_its_region(account: Account) -> None:
    there = replace(
        account.account_of(), region="eu-west-1", client=partial(noted_client, region="eu-west-1")
    )
    execute(plan.to_make(there))
    found = client("s3").get_bucket_location(Bucket=BUCKET)["LocationConstraint"]
    assert found == "eu-west-1"
