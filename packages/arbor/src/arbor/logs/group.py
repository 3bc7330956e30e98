"""A log group and its retention."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from arbor import times
from arbor.account import Account
from arbor.procedure import Refused

MIN_RETENTION = timedelta(days=1)
"""The shortest retention of CloudWatch Logs."""


def missing(account: Account, name: str) -> Refused:
    """The error for a log group that doesn't exist."""
    return Refused(f"There is no log group {name}; run `pulumi up` of {account.stack}.")


@dataclass(frozen=True, kw_only=True)
class Group:
    """A log group."""

    name: str
    days: int | None
    """The retention; None without a limit."""

    def expired(self, start: datetime, now: datetime) -> str:
        """A sentence if lines since `start` have expired; else empty."""
        if self.days is None or now - start <= timedelta(days=self.days):
            return ""
        kept = times.utc(now - timedelta(days=self.days))
        return f"{self.name} keeps {self.days} days; lines before {kept} are deleted."


def read(account: Account, name: str) -> Group:
    """A log group by its name. Raises Refused if it doesn't exist."""
    pages = account.client("logs").get_paginator("describe_log_groups")
    found = [
        group
        for page in pages.paginate(logGroupNamePrefix=name)
        for group in page["logGroups"]
        if group["logGroupName"] == name
    ]
    if not found:
        raise missing(account, name)
    return Group(name=name, days=found[0].get("retentionInDays"))
