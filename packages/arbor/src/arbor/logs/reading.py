"""Reads a log group: the newest lines of a period, and lines as they arrive.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from arbor import times
from arbor.account import Account
from arbor.logs import group, since
from arbor.logs.line import Line, line
from arbor.logs.query import LogQuery

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import (
        FilteredLogEventTypeDef,
        FilterLogEventsRequestPaginateTypeDef,
    )

MAX_DELAY = 60_000
"""Milliseconds that a line may arrive after a later one and still be shown."""
MAX_SKEW = 300_000
"""Milliseconds that this machine's clock may be ahead of the log's; a read starts no earlier."""
MAX_PAGES = 5
"""The limit of `first_pages`: the exact number of lines in a flooded log is of no use."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """A query in a log group."""

    account: Account
    group: str
    query: LogQuery

    def pages(self, start: int, *, newest_first: bool = False) -> Iterator[list[Line]]:
        """The lines since `start` (milliseconds) that match the pattern, in order.

        `query.matching` selects from them. An empty page may be followed by others. Raises Refused
        if the group doesn't exist.
        """
        logs = self.account.client("logs")
        request: FilterLogEventsRequestPaginateTypeDef = {
            "logGroupName": self.group,
            "startTime": start,
        }
        if pattern := self.query.pattern():
            request["filterPattern"] = pattern
        if newest_first:
            request["startFromHead"] = False
        try:
            for page in logs.get_paginator("filter_log_events").paginate(**request):
                yield [line(event) for event in page["events"]]
        except logs.exceptions.ResourceNotFoundException:
            raise group.missing(self.account, self.group) from None

    def newest(self, start: int, limit: int) -> tuple[list[Line], bool]:
        """The newest `limit` lines in order, and whether there are older ones."""
        read: deque[Line] = deque()
        found: list[Line] = []
        fresh = 0
        for page in self.pages(start, newest_first=True):
            read.extendleft(page)
            fresh += sum(map(self.query.matches, page))
            if fresh > limit:  # before joining, which makes fewer
                found = list(self.query.matching(read))
                if len(found) > limit and read[0].at <= found[-limit].at - self.query.margin:
                    return found[-limit:], True
                fresh = len(found)
        found = list(self.query.matching(read))
        return found[-limit:], len(found) > limit


def first_pages(
    account: Account, name: str, pattern: str, since: datetime
) -> tuple[list["FilteredLogEventTypeDef"], bool]:
    """The matching events on the first MAX_PAGES pages in order, and whether there are more."""
    pages = (
        account.client("logs")
        .get_paginator("filter_log_events")
        .paginate(logGroupName=name, filterPattern=pattern, startTime=times.milliseconds(since))
    )
    found = list(islice(pages, MAX_PAGES))
    events = [event for page in found for event in page["events"]]
    return sorted(events, key=lambda event: event["timestamp"]), bool(found[-1].get("nextToken"))


@dataclass(kw_only=True)
class Follower:
    """Shows each line since `start` once, also one that arrives up to a minute late.

    Each read starts before the newest line of the last one and leaves out lines that were shown. A
    failed read is repeated from its start. An unfinished traceback is shown once a read finds no
    further line of it.
    """

    search: Search
    start: int
    """The start of the next read, in milliseconds."""
    limit: int
    """The number of lines that the first read shows, the newest."""
    show: Callable[[Line], object]
    shown: dict[str, int] = field(default_factory=dict)
    """Times of the lines that the next read may return again, by id."""
    newest: int = 0
    first: bool = True
    unended: dict[str, int] = field(default_factory=dict)
    """Numbers of lines in the tracebacks that the last read held back, by id."""

    def poll(self) -> bool:
        """Show new lines; always False, as a log has no end."""
        now = times.milliseconds(since.now())
        if self.first:
            self._show_last()
        else:
            for one in self._fresh():
                self.show(one)
                self.shown |= {part.id: part.at for part in (one, *one.rest)}
        # A line with a time in the future must not hide present ones.
        self.newest = max([self.newest, *self.shown.values()])
        self.start = max(self.start, min(self.newest, now) - MAX_DELAY, now - MAX_SKEW)
        self.shown = {one: at for one, at in self.shown.items() if at >= self.start}
        return False

    def _show_last(self) -> None:
        last: deque[Line] = deque(maxlen=self.limit)
        seen: dict[str, int] = {}
        for one in self._fresh():
            last.append(one)
            seen |= {part.id: part.at for part in (one, *one.rest)}
        for one in last:
            self.show(one)
        self.shown, self.first = seen, False

    def _fresh(self) -> Iterator[Line]:
        read = (one for page in self.search.pages(self.start) for one in page)
        before, self.unended = self.unended, {}
        for one in self.search.query.matching(one for one in read if one.id not in self.shown):
            if one.ended or before.get(one.id) == len(one.rest):
                yield one
            else:
                self.unended[one.id] = len(one.rest)
