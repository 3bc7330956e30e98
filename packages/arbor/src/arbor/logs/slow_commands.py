"""slow-queries on the command line."""

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from arbor import screen, times
from arbor.account import connect, typed
from arbor.logs import since as sinces
from arbor.logs import slow_queries as slow
from arbor.logs.since import Since
from arbor.options import Json, Stack
from arbor.screen import safe
from arbor_names import naming

if TYPE_CHECKING:
    from rich.console import RenderableType

app = typer.Typer()
WIDEST = 200
"""Characters of a query on the screen; `--json` has all of it."""


@app.command("slow-queries")
def slow_queries(
    stack: Stack = "production",
    since: Since = "24h",
    by: Annotated[
        slow.Order, typer.Option(help="What to sort by: all the time it took, or its worst.")
    ] = "total",
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=1000)] = 10,
    as_json: Json = False,
) -> None:
    """The queries that PostgreSQL logged as slow, those alike as one, without their values."""
    now = sinces.now()
    start = sinces.begin(since, now)
    with screen.told():
        account = connect(stack)
        sinces.warn_if_gone(account, naming.database_log_group(stack), start, now)
        found = slow.find(account, times.milliseconds(start), by)
        shown = found[:limit]
        if shown or as_json:
            screen.answer([asdict(one) for one in shown], lambda: _table(shown), as_json=as_json)
        if not found:
            screen.warn(_nothing(slow.logged_from(account), start, stack))
        elif len(found) > limit:
            screen.warn(f"{len(found) - limit} more; --limit shows them.")


def _nothing(limit: int, start: datetime, stack: str) -> str:
    costs = typed("arbor database top-queries", stack)
    otherwise = f"`{costs}` shows what the queries cost that are not logged."
    since = f"since {times.utc(start)}"
    if limit == slow.OFF:
        return (
            f"No slow query is logged: {slow.LIMIT} is off. The runbook's Query Slow Queries says "
            f"how to set it. {otherwise}"
        )
    return f"No query took {limit} ms ({slow.LIMIT}) or more {since}. {otherwise}"


def _table(found: list[slow.Queries]) -> "RenderableType":
    from rich.table import Table  # noqa: PLC0415 - slow, and --help is fast
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table("Total ms", "Slowest ms", "Times", "Last", "Query", box=None)
    for one in found:
        query = one.query if len(one.query) <= WIDEST else f"{one.query[:WIDEST]}..."
        figures = (f"{one.total_milliseconds:.0f}", f"{one.slowest_milliseconds:.0f}")
        table.add_row(*figures, str(one.times), one.last, Text(safe(query)))
    return table
