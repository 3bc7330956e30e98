"""Reading a log group: the newest lines of a period, and those that are still to come.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from arbor import times
from arbor.account import Account
from arbor.logs import group, since
from arbor.logs.line import Line, line
from arbor.logs.wanted import Wanted

LATE = 60_000
"""Milliseconds that a line may arrive after a later one, and is still shown."""
SKEW = 300_000
"""Milliseconds back from the last look that are looked at again at most; as far this machine's
clock may be ahead of those that write."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is read, and where."""

    account: Account
    group: str
    wanted: Wanted

    def pages(self, start: int, *, newest_first: bool = False) -> Iterator[list[Line]]:
        """The lines from `start` (milliseconds) on that CloudWatch Logs lets through, in order.

        `wanted.of` takes those that are wanted from among them. A page may be empty although others
        follow. Raises Refused when there is no such group.
        """
        logs = self.account.client("logs")
        asked: dict[str, Any] = {"logGroupName": self.group, "startTime": start}
        if pattern := self.wanted.pattern():
            asked["filterPattern"] = pattern
        if newest_first:
            asked["startFromHead"] = False
        try:
            for page in logs.get_paginator("filter_log_events").paginate(**asked):
                yield [line(event) for event in page["events"]]
        except logs.exceptions.ResourceNotFoundException:
            raise group.refuse_missing(self.account, self.group) from None

    def newest(self, start: int, limit: int) -> tuple[list[Line], bool]:
        """At most `limit` lines in order, and whether there are older ones."""
        read: deque[Line] = deque()
        found: list[Line] = []
        fresh = 0
        for page in self.pages(start, newest_first=True):
            read.extendleft(page)
            fresh += sum(map(self.wanted.holds, page))
            if fresh > limit:  # of lines; joined they may be fewer
                found = list(self.wanted.of(read))
                if len(found) > limit and read[0].at <= found[-limit].at - self.wanted.reach:
                    return found[-limit:], True
                fresh = len(found)
        found = list(self.wanted.of(read))
        return found[-limit:], len(found) > limit


@dataclass(kw_only=True)
class Following:
    """Every line from `start` on, once, however late it arrives within a minute.

    Each look begins before the newest line of the last one and leaves out what was shown. A look
    that failed on its way showed what it showed; the next one begins where that one did. An error
    that may go on is shown when a look has found no more of it.
    """

    search: Search
    start: int
    """Milliseconds; where the next look begins."""
    limit: int
    """Lines of the first look that are shown, the newest."""
    show: Callable[[Line], object]
    shown: dict[str, int] = field(default_factory=dict)
    """When the lines were written that the next look might bring again; by id."""
    newest: int = 0
    first: bool = True
    unended: dict[str, int] = field(default_factory=dict)
    """How many lines each error had that the last look held back; by id."""

    def look(self) -> bool:
        """Show what is new; there is never an end of it."""
        now = times.milliseconds(since.now())
        if self.first:
            self._show_last()
        else:
            for one in self._fresh():
                self.show(one)
                self.shown |= {part.id: part.at for part in (one, *one.rest)}
        # A line of the future must not hide those of now.
        self.newest = max([self.newest, *self.shown.values()])
        self.start = max(self.start, min(self.newest, now) - LATE, now - SKEW)
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
        for one in self.search.wanted.of(one for one in read if one.id not in self.shown):
            if one.ended or before.get(one.id) == len(one.rest):
                yield one
            else:
                self.unended[one.id] = len(one.rest)
