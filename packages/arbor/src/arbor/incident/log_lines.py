"""Recent lines of a log: how many match, and the last few of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from arbor.account import Account
from arbor.logs.joined import headline
from arbor.logs.line import MESSAGES, Line, line
from arbor.logs.wanted import Wanted

PAGES = 5
"""As far as is counted: of a log that is flooded nobody needs the number."""
SAMPLES = 3
LONGEST = 200
EXHAUSTED = '?"pool exhausted" ?"QueuePool limit"'
"""The runbook's words, and SQLAlchemy's own:
https://docs.sqlalchemy.org/en/20/errors.html#error-3o7r"""


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Those that match."""

    count: int
    more: bool
    """There are more than were counted."""
    samples: list[str]
    """The last ones that differ, the newest first."""


def count(account: Account, group: str, pattern: str, since: datetime) -> Lines:
    """Match a pattern of CloudWatch's against a log group."""
    found, more = _read(account, group, pattern, since)
    return _counted(found, more=more)


def errors(account: Account, group: str, since: datetime) -> Lines:
    """What `arbor logs --errors` shows: a traceback is one of them."""
    wanted = Wanted(errors=True)
    found, more = _read(account, group, wanted.pattern(), since)
    return _counted(wanted.of(found), more=more)


def _read(account: Account, group: str, pattern: str, since: datetime) -> tuple[list[Line], bool]:
    """The lines in order, and whether there are more."""
    logs = account.client("logs")
    found: list[dict[str, Any]] = []
    asked: dict[str, str] = {}
    for _ in range(PAGES):
        page = logs.filter_log_events(
            logGroupName=group,
            filterPattern=pattern,
            startTime=int(since.timestamp() * 1000),
            **asked,
        )
        found += page["events"]
        asked = {"nextToken": page["nextToken"]} if page.get("nextToken") else {}
        if not asked:
            break
    in_order = sorted(found, key=lambda event: int(event["timestamp"]))
    return [line(event) for event in in_order], bool(asked)


def _counted(found: Iterable[Line], *, more: bool) -> Lines:
    lines = list(found)
    samples = list(dict.fromkeys(_message(one) for one in reversed(lines)))
    return Lines(count=len(lines), more=more, samples=samples[:SAMPLES])


def _message(found: Line) -> str:
    """What a line of JSON says of itself with the error that it names, or how a text ends."""
    text = next((found.fields[key] for key in MESSAGES if key in found.fields), None)
    if text is None:
        text = headline(found.text)
    elif isinstance(error := found.fields.get("error"), str):
        text = f"{text}: {error}"
    return " ".join(str(text).split())[:LONGEST]
