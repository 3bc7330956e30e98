"""The actions of each type cover the emulated provider's calls, and stay below IAM's sizes."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from access import boundary, deploy, everywhere, preview, provider, reads, stack
from config.github import MOST_OLDER_ROLES
from emulated_account import configure
from guardrails.only_everywhere import ONLY_EVERYWHERE
from pulumi_moto import correction
from pulumi_moto.registry import ROWS
from pulumi_moto.row import Change, Row
from row_example import EXAMPLES

LONGEST_INLINE = 10_240
"""Characters of all inline policies of a role, without white space, and of one managed policy.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
LONGEST_MANAGED = 6144
PREFIXES = {"elbv2": "elasticloadbalancing", "application-autoscaling": "application-autoscaling"}
"""Services whose names differ between IAM and boto3."""
OF_S3 = {
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
"""Calls whose action has another name.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html"""
EMULATED_ONLY = {
    "ecs:DeregisterTaskDefinition": "the program has skip_destroy",
    "iam:DeleteOpenIDConnectProvider": "the program has retain_on_delete",
    "iam:DeleteRolePermissionsBoundary": "the program's roles keep theirs",
    "logs:TagLogGroup": "v6 of the provider calls TagResource",
    "logs:UntagLogGroup": "as above",
    "secretsmanager:RestoreSecret": "a secret comes back by hand (docs/runbook.md)",
}
"""Calls of an example that the program never causes."""
IN_AWS = sorted(token for token, row in ROWS.items() if row.client is not None)
WITH_MANAGED = ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:ecs/service:Service")


@contextmanager
def recorded(row: Row) -> Iterator[tuple[object, set[str]]]:
    """A client for the row, and the actions of its calls."""
    found: set[str] = set()

    def note(model: object, **_: object) -> None:
        service = model.service_model.service_name  # type: ignore[attr-defined] # no types
        name = str(model.name)  # type: ignore[attr-defined] # as above
        prefix = PREFIXES.get(service, service)
        found.add(f"{prefix}:{OF_S3.get(name, name) if service == 's3' else name}")

    client = boto3.Session().client(row.client)
    client.meta.events.register("before-call", note)
    yield client, found


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    configure(monkeypatch)
    correction.apply()
    with mock_aws():
        yield


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("token", [token for token in IN_AWS if token not in WITH_MANAGED])
def test_the_emulated_providers_calls_are_among_the_types_actions(token: str) -> None:
    """Created, read, changed and deleted; two rows need AWS's managed policies and are left out."""
    row, example = ROWS[token], EXAMPLES[token]
    with recorded(row) as (client, found):
        requested = example.inputs()
        physical = row.create(client, requested)
        before = {**requested, **(row.read(client, physical) or {})}
        changes = example.changed()
        if changes:
            wanted = {**requested, **changes}
            keys = row.changed(before, requested, wanted)
            row.update(client, physical, Change(old=before, new=wanted, keys=keys))
        state = {**requested, **(row.read(client, row.located(physical, before)) or {})}
        with suppress(ClientError):  # a protected load balancer; the call was recorded
            row.delete(client, physical, state)
    calls = provider.CALLS[token]
    assert found - set(EMULATED_ONLY) <= calls.read_actions | calls.write_actions


def test_exactly_the_programs_types_have_actions() -> None:
    assert sorted(provider.CALLS) == IN_AWS


def test_actions_without_resource_types_match_the_policy_packs() -> None:
    assert everywhere.EVERYWHERE == ONLY_EVERYWHERE


def test_each_list_of_actions_is_sorted_and_unique() -> None:
    for token, calls in provider.CALLS.items():
        for names in (calls.reads, calls.writes):
            assert len(set(names)) == len(names), token


def size(document: str) -> int:
    return len(re.sub(r"\s", "", document))


def test_the_longest_names_stay_below_iams_limits() -> None:
    longest = stack.pipeline(
        "s" * 16,
        account_id="123456789012",
        region="ap-southeast-2",
        repository=f"{'o' * 39}/{'r' * 100}",
        older_roles=tuple(f"{'r' * 54}-{number:07x}" for number in range(MOST_OLDER_ROLES)),
        log_export_bucket="b" * 63,
    )
    for inline in (deploy.of_deploys, deploy.of_bootstrap, preview.of_previews):
        assert size(inline(longest)) <= LONGEST_INLINE, inline.__name__
    for managed in (reads.shared, deploy.changes, deploy.own_roles, boundary.of_program):
        assert size(managed(longest)) <= LONGEST_MANAGED, managed.__name__


def test_no_document_allows_every_action_or_every_action_of_a_service() -> None:
    pipeline = stack.pipeline(
        "staging", account_id="123456789012", region="us-east-1", repository="a/b"
    )
    for document in (
        deploy.of_deploys(pipeline),
        deploy.changes(pipeline),
        reads.shared(pipeline),
        preview.of_previews(pipeline),
        boundary.of_program(pipeline),
    ):
        for statement in json.loads(document)["Statement"]:
            if statement["Effect"] == "Allow":
                assert not [action for action in statement["Action"] if "*" in action]
