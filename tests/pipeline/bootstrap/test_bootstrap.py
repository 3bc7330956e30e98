"""What the first `up` needs is made, once, and by a killed run and the next together."""

import json
from dataclasses import replace
from functools import partial

import pytest

import ci_documents
from bootstrap_world import (
    ACCOUNT,
    BUCKET,
    PROVIDER,
    ROLE,
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
from operations.procedure import Run
from pipeline.bootstrap import plan

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
            f"{ci_documents.ISSUER}:job_workflow_ref": [
                f"arbor-energy/infrastructure/.github/workflows/{file}@refs/heads/main"
                for file in ci_documents.DEPLOYING_WORKFLOWS
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
    trust = json.loads(ci_documents.deploy_trust(made.place().pipeline, PROVIDER))
    claims = trust["Statement"][0]["Condition"]["StringEquals"]
    claims[f"{ci_documents.ISSUER}:aud"] = [ci_documents.AUDIENCE]
    (claims[f"{ci_documents.ISSUER}:sub"],) = claims[f"{ci_documents.ISSUER}:sub"]
    claims[f"{ci_documents.ISSUER}:job_workflow_ref"].reverse()
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


def test_a_bucket_outside_the_first_region_says_where_it_lies(account: Account) -> None:
    there = replace(
        account.place(), region="eu-west-1", client=partial(noted_client, region="eu-west-1")
    )
    execute(plan.to_make(there))
    found = client("s3").get_bucket_location(Bucket=BUCKET)["LocationConstraint"]
    assert found == "eu-west-1"
