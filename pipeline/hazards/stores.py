"""Changes of resources with data that a live stack can't take, or takes with an outage.

Each check yields a sentence for each instance; pipeline/hazards/changes.py names the procedure.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from arbor.account import Account
from arbor_names import naming
from pipeline.hazards import pending
from pipeline.report.report import name_of
from pipeline.report.steps import UNKNOWN, Step, of_type

if TYPE_CHECKING:
    from mypy_boto3_rds.type_defs import DBInstanceTypeDef

INSTANCE: Final = "aws:rds/instance:Instance"
CACHE: Final = "aws:elasticache/replicationGroup:ReplicationGroup"
PARAMETERS: Final = "aws:rds/parameterGroup:ParameterGroup"
CERTIFICATE: Final = "aws:acm/certificate:Certificate"
ZONE: Final = "aws:route53/zone:Zone"
BUCKET: Final = "aws:s3/bucket:Bucket"
HOLDS_DATA: Final = frozenset(
    {
        INSTANCE,
        CACHE,
        BUCKET,
        ZONE,
        "aws:kms/key:Key",
        "aws:secretsmanager/secret:Secret",
    }
)
SET_BY: Final = {
    BUCKET: "arbor:logExportBucket",
    ZONE: "arbor:domain and arbor:hostedZoneId",
}
"""The config keys that decide the name of a resource with data."""
STATE_ONLY: Final = frozenset(
    {
        "allowMajorVersionUpgrade",
        "applyImmediately",
        "deleteAutomatedBackups",
        "finalSnapshotIdentifier",
        "skipFinalSnapshot",
        "tags",
        "tagsAll",
    }
)
"""Inputs whose change modifies nothing in RDS or ElastiCache."""
PROTECTED: Final = re.compile(
    r'resource "(urn:[^"]+)"(?: as part of replacing "[^"]+")?\s+'
    r"(?:as it is currently marked for protection|cannot be deleted)"
)
"""Pulumi's messages, pkg/resource/deploy/step_generator.go and step.go."""
OPTIMIZING: Final = "storage-optimization"


def upgrades(steps: list[Step], _account: Account) -> Iterator[str]:
    """A later major version: possible, with an outage."""
    for before, after in _majors(steps):
        if after > before:
            yield (
                f"arbor:databaseVersion is {after} and the database runs PostgreSQL {before}: the "
                "upgrade is an outage of ten minutes or more, and RDS can't undo it."
            )


def downgrades(steps: list[Step], _account: Account) -> Iterator[str]:
    """An earlier one: RDS refuses it."""
    for before, after in _majors(steps):
        if after < before:
            yield (
                f"arbor:databaseVersion is {after} and the database runs PostgreSQL {before}: RDS "
                "can't downgrade a database."
            )


def holds_old_group(steps: list[Step], account: Account) -> Iterator[str]:
    """Another instance with the parameter group that a change of the major version deletes."""
    ours = naming.database_instance(account.stack)
    for step in of_type(steps, PARAMETERS, "delete", "replace"):
        group = step.old.get("name")
        for found in _instances(account):
            name = found["DBInstanceIdentifier"]
            groups = {one["DBParameterGroupName"] for one in found["DBParameterGroups"]}
            if name != ours and group in groups:
                yield f"{name} uses the parameter group {group}, which this change deletes."


def storage(steps: list[Step], account: Account) -> Iterator[str]:
    """Less storage than now, or a change while RDS optimizes the last one.

    The database may have more than the state records: storage grows automatically.
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.StorageTypes.html
    """
    for step in of_type(steps, INSTANCE, "update"):
        wanted, longest = step.new.get("allocatedStorage"), step.new.get("maxAllocatedStorage")
        # The provider suppresses a smaller size below the ceiling, so the keys lack it.
        grows, limits = "allocatedStorage" in step.keys, "maxAllocatedStorage" in step.keys
        for found in _instances(account, naming.database_instance(account.stack)):
            held = int(found["AllocatedStorage"])
            if grows and int(wanted or 0) < held:
                yield (
                    f"arbor:databaseStorageGib is {wanted:g} and the database has {held} GiB: RDS "
                    "can't shrink storage."
                )
            elif grows and found["DBInstanceStatus"] == OPTIMIZING:
                yield (
                    f"arbor:databaseStorageGib is {wanted:g} and RDS is still optimizing the "
                    "storage after its last growth, and refuses another until that is done."
                )
            if limits and int(longest or 0) * 10 < held * 11:
                yield (
                    f"arbor:databaseMaxStorageGib is {longest:g} and the database has {held} GiB: "
                    "RDS requires at least 10 % more."
                )


def gone(steps: list[Step], _account: Account) -> Iterator[str]:
    """Resources with data that would be deleted or replaced."""
    for step in steps:
        if step.token in HOLDS_DATA and step.op in {"replace", "delete"}:
            keys = f" ({', '.join(step.keys)})" if step.keys and step.op == "replace" else ""
            by = f" Restore {SET_BY[step.token]}." if step.token in SET_BY else ""
            verb = "replaced" if step.op == "replace" else "deleted"
            yield f"{step.name} would be {verb}{keys}, but it holds data.{by}"


def protected(failure: str) -> Iterator[str]:
    """Resources that the engine refuses to replace or delete; a preview then has no steps."""
    for urn in dict.fromkeys(PROTECTED.findall(failure)):
        token = urn.split("::")[2].rpartition("$")[2] if urn.count("::") > 2 else ""  # noqa: PLR2004 - parts of a URN
        by = f" Restore {SET_BY[token]}." if token in SET_BY else ""
        yield f"{name_of(urn)} would be replaced or deleted, but it is protected.{by}"


def domain(steps: list[Step], _account: Account) -> Iterator[str]:
    """Another domain: the listener rules would stop matching the current one."""
    for step in of_type(steps, CERTIFICATE, "replace"):
        if step.changes("domainName"):
            yield (
                f"arbor:domain is {step.new.get('domainName')} and users type "
                f"{step.old.get('domainName')}, which would stop working."
            )


def waiting(steps: list[Step], account: Account) -> Iterator[str]:
    """Changes that wait for the maintenance window, and would be applied as well."""
    changed = {
        token
        for token in (INSTANCE, CACHE)
        for step in of_type(steps, token, "update")
        if set(step.keys) - STATE_ONLY
    }
    if changed:
        for found in pending.find(account.client, account.stack):
            if found.token in changed:
                yield found.sentence


def _majors(steps: list[Step]) -> Iterator[tuple[int, int]]:
    for step in of_type(steps, INSTANCE, "update"):
        before, after = step.old.get("engineVersion"), step.new.get("engineVersion")
        if before and after and UNKNOWN not in str(after):
            yield _major(before), _major(after)


def _major(version: Any) -> int:  # noqa: ANN401 - an input, of whatever type
    return int(str(version).split(".", maxsplit=1)[0])


def _instances(account: Account, *names: str) -> "list[DBInstanceTypeDef]":
    rds = account.client("rds")
    if not names:
        pages = rds.get_paginator("describe_db_instances").paginate()
        return [found for page in pages for found in page["DBInstances"]]
    try:
        return rds.describe_db_instances(DBInstanceIdentifier=names[0])["DBInstances"]
    except ClientError as refused:
        if refused.response["Error"]["Code"] == "DBInstanceNotFound":
            return []
        raise
