"""A log group: whether it is there, and how far back it keeps."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from arbor import times
from arbor.account import Account
from arbor.procedure import Refused

SHORTEST = timedelta(days=1)
"""No group keeps less."""


def refuse_missing(account: Account, name: str) -> Refused:
    """What to raise for a group that isn't there."""
    return Refused(f"There is no log group {name}; run `pulumi up` of {account.stack}.")


@dataclass(frozen=True, kw_only=True)
class Group:
    """As CloudWatch Logs describes it."""

    name: str
    days: int | None
    """None: for ever."""

    def gone(self, start: datetime, now: datetime) -> str:
        """A sentence when a period begins before what the group keeps; else nothing."""
        if self.days is None or now - start <= timedelta(days=self.days):
            return ""
        kept = times.utc(now - timedelta(days=self.days))
        return f"{self.name} keeps {self.days} days: what was logged before {kept} is gone."


def read(account: Account, name: str) -> Group:
    """Raises Refused when there is none of that name."""
    pages = account.client("logs").get_paginator("describe_log_groups")
    found: list[dict[str, Any]] = [
        group
        for page in pages.paginate(logGroupNamePrefix=name)
        for group in page["logGroups"]
        if group["logGroupName"] == name
    ]
    if not found:
        raise refuse_missing(account, name)
    return Group(name=name, days=found[0].get("retentionInDays"))
