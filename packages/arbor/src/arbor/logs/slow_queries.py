"""The statements that PostgreSQL logged as slow."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

from arbor.account import Account
from arbor.database import instance
from arbor.logs.query import LogQuery
from arbor.logs.reading import Search
from arbor.logs.statements import read
from arbor_names import naming

Order = Literal["total", "slowest"]
LIMIT = "log_min_duration_statement"
OFF = -1


@dataclass(frozen=True, kw_only=True)
class Queries:
    """Executions of one statement, whatever its values."""

    query: str
    times: int
    total_milliseconds: float
    slowest_milliseconds: float
    last: str
    """The time of the last one, in UTC."""


@dataclass(frozen=True)
class _SlowQuery(LogQuery):
    """The lines with the duration of a statement."""

    def pattern(self) -> str:
        return '"duration:"'


def find(account: Account, start: int, by: Order) -> list[Queries]:
    """The statements since `start` (milliseconds), the worst first. Raises Refused."""
    group = naming.database_log_group(account.stack)
    took: dict[str, list[float]] = defaultdict(list)
    last = {}
    for page in Search(account=account, group=group, query=_SlowQuery()).pages(start):
        for line in page:
            if (slow := read(line.text)) is not None:
                took[slow.query].append(slow.milliseconds)
                last[slow.query] = line.time
    found = [
        Queries(
            query=query,
            times=len(times),
            total_milliseconds=round(sum(times), 3),
            slowest_milliseconds=max(times),
            last=last[query],
        )
        for query, times in took.items()
    ]
    return sorted(
        found,
        key=lambda one: one.total_milliseconds if by == "total" else one.slowest_milliseconds,
        reverse=True,
    )


def _parameter_group(account: Account) -> str:
    """The instance's own: each major version of PostgreSQL has another."""
    found = instance.find(account)
    if found is None:
        return naming.database_parameter_group(account.stack)
    return str(found["DBParameterGroups"][0]["DBParameterGroupName"])


def log_threshold(account: Account) -> int:
    """The duration in milliseconds from which a statement is logged; OFF for none."""
    pages = account.client("rds").get_paginator("describe_db_parameters")
    for page in pages.paginate(DBParameterGroupName=_parameter_group(account), Source="user"):
        for parameter in page["Parameters"]:
            if parameter["ParameterName"] == LIMIT:
                return int(parameter.get("ParameterValue", OFF))
    return OFF
