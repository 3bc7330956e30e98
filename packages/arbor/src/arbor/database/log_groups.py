"""The log groups of an instance that is to come: as those of its source, before RDS makes them.

RDS makes a group that is absent when it first writes to it: without retention and with AWS's own
key. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from arbor.account import Account

GROUP = "/aws/rds/instance/{name}/{kind}"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A group as it must be."""

    name: str
    days: int | None
    """None: its source keeps for ever, too."""
    key: str | None
    tags: dict[str, str]


def wanted(account: Account, source: dict[str, Any], names: Sequence[str]) -> list[Wanted]:
    """One for each log that `source` exports, of each instance; none where it has no group."""
    held = [
        (kind, group)
        for kind in source.get("EnabledCloudwatchLogsExports", [])
        for group in _found(account, _named(source["DBInstanceIdentifier"], kind))
    ]
    return [
        Wanted(
            name=_named(name, kind),
            days=group.get("retentionInDays"),
            key=group.get("kmsKeyId"),
            tags=_tags(account, group),
        )
        for name in names
        for kind, group in held
    ]


def put(account: Account, group: Wanted) -> None:
    """Make it, or give the one that is there its retention and its key."""
    logs = account.client("logs")
    key = {"kmsKeyId": group.key} if group.key else {}
    try:
        logs.create_log_group(logGroupName=group.name, tags=group.tags, **key)
    except logs.exceptions.ResourceAlreadyExistsException:
        if key:
            logs.associate_kms_key(logGroupName=group.name, **key)
    if group.days:
        logs.put_retention_policy(logGroupName=group.name, retentionInDays=group.days)


def is_there(account: Account, group: Wanted) -> bool:
    """Whether it is as it must be."""
    return any(
        (found.get("retentionInDays"), found.get("kmsKeyId")) == (group.days, group.key)
        for found in _found(account, group.name)
    )


def _named(instance: str, kind: str) -> str:
    return GROUP.format(name=instance, kind=kind)


def _found(account: Account, name: str) -> Iterator[dict[str, Any]]:
    """The group of exactly this name."""
    pages = account.client("logs").get_paginator("describe_log_groups")
    for page in pages.paginate(logGroupNamePrefix=name):
        yield from (group for group in page["logGroups"] if group["logGroupName"] == name)


def _tags(account: Account, group: dict[str, Any]) -> dict[str, str]:
    arn = str(group["arn"]).removesuffix(":*")
    held = account.client("logs").list_tags_for_resource(resourceArn=arn)["tags"]
    return {key: value for key, value in held.items() if not key.startswith("aws:")}
