"""The option `--since` of whatever reads a log, and what it leads to."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from arbor import screen, times
from arbor.account import Account
from arbor.logs import group as groups

Since = Annotated[str, typer.Option("--since", help="Start: 30m, 1h or 2d ago, or a time in UTC.")]


def now() -> datetime:
    """The time, which tests set."""
    return datetime.now(UTC)


def begin(said: str, moment: datetime) -> datetime:
    """Where to begin; what can't be read is wrong usage."""
    try:
        return times.past(said, moment)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from None


def warn_if_gone(account: Account, group: str, start: datetime, moment: datetime) -> None:
    """Say when the group does not keep so long; within a day every group does."""
    if moment - start > groups.SHORTEST and (
        gone := groups.read(account, group).gone(start, moment)
    ):
        screen.warn(gone)
