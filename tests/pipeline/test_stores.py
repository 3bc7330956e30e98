"""Changes of resources with data that are refused, or need --allow, before anything changes."""

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from arbor.account import Account
from engine.stack_file import PROJECT_DIR
from pipeline.hazards import changes, stores
from pipeline.report.steps import Step

LIVE = "arbor-staging-db"
COPY = f"{LIVE}-restored"
GROUP = "arbor-staging-params"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"


class Rds:
    """RDS with these instances."""

    def __init__(self, *found: dict[str, Any]) -> None:
        self.found = found

    def describe_db_instances(self, DBInstanceIdentifier: str = "") -> dict[str, Any]:  # noqa: N803 - boto3's
        found = [
            one for one in self.found if DBInstanceIdentifier in {"", one["DBInstanceIdentifier"]}
        ]
        if not found:
            raise ClientError({"Error": {"Code": "DBInstanceNotFound"}}, "DescribeDBInstances")
        return {"DBInstances": found}

    def get_paginator(self, _: str) -> "Rds":
        return self

    def paginate(self) -> list[dict[str, Any]]:
        return [{"DBInstances": list(self.found)}]


class Cache:
    """ElastiCache without pending changes."""

    def describe_replication_groups(self, **_: str) -> dict[str, Any]:
        return {"ReplicationGroups": []}


def instance(name: str = LIVE, /, **fields: Any) -> dict[str, Any]:
    return {
        "DBInstanceIdentifier": name,
        "AllocatedStorage": 40,
        "DBInstanceStatus": "available",
        "DBParameterGroups": [{"DBParameterGroupName": GROUP}],
        **fields,
    }


def account(*found: dict[str, Any]) -> Account:
    clients: dict[str, Any] = {"rds": Rds(*found), "elasticache": Cache()}
    return Account(stack="staging", client=clients.__getitem__)


def step(token: str, op: str = "update", /, **keys: tuple[Any, Any]) -> Step:
    """A step of a resource whose inputs change from the first to the second value."""
    return Step(
        op=op,
        urn=f"urn:{token}",
        token=token,
        name="it",
        keys=tuple(sorted(keys)),
        old={key: before for key, (before, _) in keys.items()},
        new={key: after for key, (_, after) in keys.items()},
    )


def upgrade(before: str = "16", after: str = "17") -> list[Step]:
    group = step(PARAMETERS, "delete", name=(GROUP, None))
    return [group, step(stores.INSTANCE, engineVersion=(before, after))]


def refused(steps: list[Step], *found: dict[str, Any], allowed: tuple[str, ...] = ()) -> list[str]:
    return changes.refusals(steps, account(*found), allowed)


def test_an_upgrade_is_refused_unless_it_is_allowed() -> None:
    (refusal,) = refused(upgrade(), instance())
    assert 'Follow "Upgrade PostgreSQL" in docs/runbook.md' in refusal
    assert "--allow database-upgrade" in refusal
    assert refused(upgrade(), instance(), allowed=("database-upgrade",)) == []
    (found,) = changes.needs_allow(upgrade(), account(instance()))
    assert "--allow database-upgrade" in found


def test_a_minor_version_is_no_upgrade() -> None:
    assert refused([step(stores.INSTANCE, engineVersion=("16.4", "16"))], instance()) == []


def test_a_downgrade_is_always_refused() -> None:
    (refusal,) = refused(upgrade("17.2", "16"), instance(), allowed=changes.ALLOWABLE)
    assert 'Follow "Go Back to an Earlier PostgreSQL Version"' in refusal


def test_an_instance_with_the_old_group_blocks_the_upgrade() -> None:
    found = (instance(), instance(COPY))
    (refusal,) = refused(upgrade(), *found, allowed=changes.ALLOWABLE)
    assert refusal.startswith(f"{COPY} uses the parameter group {GROUP}")


@pytest.mark.parametrize(
    ("keys", "fields", "words"),
    [
        ({"allocatedStorage": (20, 30)}, {}, "RDS can't shrink storage"),
        (
            {"allocatedStorage": (20, 50)},
            {"DBInstanceStatus": "storage-optimization"},
            "still optimizing",
        ),
        ({"maxAllocatedStorage": (100, 43)}, {}, "at least 10 % more"),
    ],
)
def test_invalid_storage_is_refused(
    keys: dict[str, tuple[int, int]], fields: dict[str, str], words: str
) -> None:
    changed: dict[str, Any] = {**keys}
    (refusal,) = refused([step(stores.INSTANCE, **changed)], instance(**dict[str, Any](fields)))
    assert words in refusal
    assert "Change the Database's Storage" in refusal


def test_storage_that_grows_is_not_refused() -> None:
    steps = [step(stores.INSTANCE, allocatedStorage=(20, 50), maxAllocatedStorage=(100, 60))]
    assert refused(steps, instance()) == []


@pytest.mark.parametrize("token", sorted(stores.HOLDS_DATA))
@pytest.mark.parametrize("op", ["replace", "delete"])
def test_resources_with_data_are_not_replaced_or_deleted(token: str, op: str) -> None:
    (refusal,) = refused([step(token, op, name=("a", "b"))])
    assert "but it holds data" in refusal
    assert refused([step(token, "create", name=("a", "b"))]) == []


def test_a_changed_domain_is_refused() -> None:
    steps = [step(stores.CERTIFICATE, "replace", domainName=("a.example", "b.example"))]
    (refusal,) = refused(steps)
    assert "users type a.example" in refusal
    hosts = [step(stores.CERTIFICATE, "replace", subjectAlternativeNames=([], ["c.example"]))]
    assert refused(hosts) == []


WAITS: dict[str, Any] = {"PendingModifiedValues": {"DBInstanceClass": "db.t3.large"}}


def test_a_change_of_the_database_would_apply_pending_changes() -> None:
    steps = [step(stores.INSTANCE, multiAz=(False, True))]
    (refusal,) = refused(steps, instance(**WAITS))
    assert refusal.startswith(f"{LIVE}: DBInstanceClass db.t3.large waits")
    assert 'Follow "Changes That Wait for the Maintenance Window"' in refusal
    assert refused(steps, instance(**WAITS), allowed=("waiting-changes",)) == []


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [step(stores.INSTANCE, finalSnapshotIdentifier=("a", "b"), tags=({}, {"a": "b"}))],
        [step(stores.CACHE, nodeType=("cache.t3.micro", "cache.t3.small"))],
    ],
)
def test_pending_changes_allow_unrelated_changes(steps: list[Step]) -> None:
    assert refused(steps, instance(**WAITS)) == []


def test_a_stack_without_a_database_is_not_checked() -> None:
    assert refused([step(stores.INSTANCE, allocatedStorage=(20, 30))]) == []


BUCKET_URN = (
    "urn:pulumi:staging::arbor::arbor:logs:LogExport$aws:s3/bucket:Bucket::log-export-bucket"
)
PROTECTED = "as it is currently marked for protection."
WORDS = (
    f'error: unable to replace resource "{BUCKET_URN}"\n{PROTECTED}',
    f'unable to replace resource "{BUCKET_URN}" as part of replacing "urn:other" {PROTECTED}',
    f'error: resource "{BUCKET_URN}" cannot be deleted\nbecause it is protected.',
)
"""Messages of the engine."""


@pytest.mark.parametrize("words", WORDS)
def test_a_protected_resource_is_reported_with_a_procedure(words: str) -> None:
    (refusal,) = changes.protections(f"{words}\n{words}")
    assert refusal.startswith(
        "log-export-bucket would be replaced or deleted, but it is protected."
    )
    assert "Restore arbor:logExportBucket." in refusal
    assert changes.protections("error: something else") == []


def test_each_allow_option_is_in_the_runbook() -> None:
    page = (PROJECT_DIR / "docs/runbook.md").read_text()
    for value in changes.ALLOWABLE:
        assert f"--allow {value}" in page


def test_suppressed_storage_is_allowed_with_another_change() -> None:
    """An update for another reason carries both values, and the provider sends only the other."""
    one = step(stores.INSTANCE, backupRetentionPeriod=(7, 0))
    shrinks = replace(
        one, old={**one.old, "allocatedStorage": 30}, new={**one.new, "allocatedStorage": 20}
    )
    assert refused([shrinks], instance(AllocatedStorage=30)) == []
