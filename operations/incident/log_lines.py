"""Recent lines of a log: how many match, and the last few of them."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from operations.account import Account

PAGES = 5
"""As far as is counted: of a log that is flooded nobody needs the number."""
SAMPLES = 3
LONGEST = 200
ERRORS = "ERROR"
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
    return Lines(count=len(found), more=bool(asked), samples=_samples(found))


def _samples(found: list[dict[str, Any]]) -> list[str]:
    newest = sorted(found, key=lambda event: event["timestamp"], reverse=True)
    return list(dict.fromkeys(_message(event["message"]) for event in newest))[:SAMPLES]


def _message(line: str) -> str:
    """What a line of JSON says of itself, or all of one that is none."""
    try:
        told = json.loads(line)
    except ValueError:
        told = line
    if isinstance(told, dict):
        told = next((told[key] for key in ("message", "msg", "event") if key in told), line)
    return " ".join(str(told).split())[:LONGEST]
