"""Matching lines in a log group: their number, and the newest of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from arbor.account import Account
from arbor.logs import reading
from arbor.logs.joined import headline
from arbor.logs.line import MESSAGES, Line, line
from arbor.logs.query import LogQuery

MAX_SAMPLES = 3
MAX_LENGTH = 200
POOL_EXHAUSTED = '?"pool exhausted" ?"QueuePool limit"'
"""The runbook's words, and SQLAlchemy's:
https://docs.sqlalchemy.org/en/20/errors.html#error-3o7r"""


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Lines that match."""

    count: int
    more: bool
    """Whether there are more than `count`."""
    samples: list[str]
    """The newest distinct messages, the newest first."""


def matching(account: Account, group: str, pattern: str, since: datetime) -> Lines:
    """The lines that match a filter pattern of CloudWatch Logs."""
    events, more = reading.first_pages(account, group, pattern, since)
    return _lines(map(line, events), more=more)


def errors(account: Account, group: str, since: datetime) -> Lines:
    """The errors that `arbor logs --errors` shows; a traceback is one of them."""
    query = LogQuery(errors=True)
    events, more = reading.first_pages(account, group, query.pattern(), since)
    return _lines(query.matching(map(line, events)), more=more)


def _lines(found: Iterable[Line], *, more: bool) -> Lines:
    lines = list(found)
    samples = list(dict.fromkeys(_message(one) for one in reversed(lines)))
    return Lines(count=len(lines), more=more, samples=samples[:MAX_SAMPLES])


def _message(found: Line) -> str:
    """The message of a JSON line with the error that it names, or the headline of a text."""
    text = next((found.fields[key] for key in MESSAGES if key in found.fields), None)
    if text is None:
        text = headline(found.text)
    elif isinstance(error := found.fields.get("error"), str):
        text = f"{text}: {error}"
    return " ".join(str(text).split())[:MAX_LENGTH]
