"""Log groups of a new instance, created like those of its source before RDS creates them.

RDS creates a missing group at its first write, without retention and with AWS's own key.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arbor.account import Account

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import CreateLogGroupRequestTypeDef, LogGroupTypeDef
    from mypy_boto3_rds.type_defs import DBInstanceTypeDef

GROUP = "/aws/rds/instance/{name}/{kind}"


@dataclass(frozen=True, kw_only=True)
class LogGroup:
    """The settings of a log group."""

    name: str
    days: int | None
    """Retention; None: never expires."""
    key: str | None
    tags: dict[str, str]


def like_source(
    account: Account, source: "DBInstanceTypeDef", names: Sequence[str]
) -> list[LogGroup]:
    """For each instance in `names`, a group like each of the source's."""
    held = [
        (kind, group)
        for kind in source.get("EnabledCloudwatchLogsExports", [])
        for group in _found(account, _named(source["DBInstanceIdentifier"], kind))
    ]
    return [
        LogGroup(
            name=_named(name, kind),
            days=group.get("retentionInDays"),
            key=group.get("kmsKeyId"),
            tags=_tags(account, group),
        )
        for name in names
        for kind, group in held
    ]


def put(account: Account, group: LogGroup) -> None:
    """Create the group, or set the key and retention of the existing one."""
    logs = account.client("logs")
    request: CreateLogGroupRequestTypeDef = {"logGroupName": group.name, "tags": group.tags}
    if group.key:
        request["kmsKeyId"] = group.key
    try:
        logs.create_log_group(**request)
    except logs.exceptions.ResourceAlreadyExistsException:
        if group.key:
            logs.associate_kms_key(logGroupName=group.name, kmsKeyId=group.key)
    if group.days:
        logs.put_retention_policy(logGroupName=group.name, retentionInDays=group.days)


def matches(account: Account, group: LogGroup) -> bool:
    """Whether the group exists with these settings."""
    return any(
        (found.get("retentionInDays"), found.get("kmsKeyId")) == (group.days, group.key)
        for found in _found(account, group.name)
    )


def _named(instance: str, kind: str) -> str:
    return GROUP.format(name=instance, kind=kind)


def _found(account: Account, name: str) -> "Iterator[LogGroupTypeDef]":
    """The group of exactly this name, if it exists."""
    pages = account.client("logs").get_paginator("describe_log_groups")
    for page in pages.paginate(logGroupNamePrefix=name):
        yield from (group for group in page["logGroups"] if group["logGroupName"] == name)


def _tags(account: Account, group: "LogGroupTypeDef") -> dict[str, str]:
    arn = str(group["arn"]).removesuffix(":*")
    held = account.client("logs").list_tags_for_resource(resourceArn=arn)["tags"]
    return {key: value for key, value in held.items() if not key.startswith("aws:")}
