"""The option `--since`."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from arbor import screen, times
from arbor.account import Account
from arbor.logs import group as groups

Since = Annotated[str, typer.Option("--since", help="Start: 30m, 1h or 2d ago, or a time in UTC.")]


def now() -> datetime:
    """The current time, which tests replace."""
    return datetime.now(UTC)


def start(text: str, at: datetime) -> datetime:
    """The start of the period that ends `at`. Raises typer.BadParameter."""
    try:
        return times.past(text, at)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from None


def warn_if_expired(account: Account, group: str, begin: datetime, at: datetime) -> None:
    """Warn if the group's retention is shorter than the period."""
    if at - begin > groups.MIN_RETENTION and (
        expired := groups.read(account, group).expired(begin, at)
    ):
        screen.warn(expired)
