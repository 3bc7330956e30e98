"""slow-queries: what PostgreSQL logged as slow, statement by statement."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

from arbor.account import Account
from arbor.database import instance
from arbor.logs.reading import Search
from arbor.logs.statements import read
from arbor.logs.wanted import Wanted
from arbor_names import naming

Order = Literal["total", "slowest"]
LIMIT = "log_min_duration_statement"
OFF = -1


@dataclass(frozen=True, kw_only=True)
class Queries:
    """Statements that are alike but for their values."""

    query: str
    times: int
    total_milliseconds: float
    slowest_milliseconds: float
    last: str
    """When the last of them was logged, in UTC."""


@dataclass(frozen=True)
class _Slow(Wanted):
    """The lines that say how long a statement took."""

    def pattern(self) -> str:
        return '"duration:"'


def find(account: Account, start: int, by: Order) -> list[Queries]:
    """What was logged from `start` (milliseconds) on, the worst first. Raises Refused."""
    group = naming.database_log_group(account.stack)
    took: dict[str, list[float]] = defaultdict(list)
    last = {}
    for page in Search(account=account, group=group, wanted=_Slow()).pages(start):
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
    worst = {"total": lambda one: one.total_milliseconds}.get(by, _slowest)
    return sorted(found, key=worst, reverse=True)


def _slowest(one: Queries) -> float:
    return one.slowest_milliseconds


def _parameter_group(account: Account) -> str:
    """The one in use: each major version of PostgreSQL has its own."""
    found = instance.find(account)
    if found is None:
        return naming.database_parameter_group(account.stack)
    return str(found["DBParameterGroups"][0]["DBParameterGroupName"])


def logged_from(account: Account) -> int:
    """Milliseconds from which on a statement is logged; OFF when none is."""
    pages = account.client("rds").get_paginator("describe_db_parameters")
    for page in pages.paginate(DBParameterGroupName=_parameter_group(account), Source="user"):
        for parameter in page["Parameters"]:
            if parameter["ParameterName"] == LIMIT:
                return int(parameter.get("ParameterValue", OFF))
    return OFF
