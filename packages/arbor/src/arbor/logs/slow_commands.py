"""The command slow-queries."""

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
MAX_QUERY = 200
"""Characters of a query on the screen; `--json` has it whole."""


@app.command("slow-queries")
def slow_queries(
    stack: Stack = "production",
    since: Since = "24h",
    by: Annotated[slow.Order, typer.Option(help="Sort by total or by slowest time.")] = "total",
    limit: Annotated[int, typer.Option(help="Number of queries.", min=1, max=1000)] = 10,
    as_json: Json = False,
) -> None:
    """Show the queries that PostgreSQL logged as slow, grouped, without their values."""
    now = sinces.now()
    start = sinces.start(since, now)
    with screen.outcome():
        account = connect(stack)
        sinces.warn_if_expired(account, naming.database_log_group(stack), start, now)
        found = slow.find(account, times.milliseconds(start), by)
        shown = found[:limit]
        if shown or as_json:
            screen.answer([asdict(one) for one in shown], lambda: _table(shown), as_json=as_json)
        if not found:
            screen.warn(_nothing(slow.log_threshold(account), start, stack))
        elif len(found) > limit:
            screen.warn(f"{len(found) - limit} more; raise --limit to show them.")


def _nothing(limit: int, start: datetime, stack: str) -> str:
    costs = typed("arbor database top-queries", stack)
    otherwise = f"`{costs}` shows the cost of queries that are not logged."
    since = f"since {times.utc(start)}"
    if limit == slow.OFF:
        return (
            f"PostgreSQL logs no slow query, as {slow.LIMIT} is off; set it as in docs/runbook.md, "
            f'"Query Slow Queries". {otherwise}'
        )
    return f"No query took {limit} ms ({slow.LIMIT}) or more {since}. {otherwise}"


def _table(found: list[slow.Queries]) -> "RenderableType":
    from rich.table import Table  # noqa: PLC0415 - slow, and --help is fast
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table("Total ms", "Slowest ms", "Times", "Last", "Query", box=None)
    for one in found:
        query = one.query if len(one.query) <= MAX_QUERY else f"{one.query[:MAX_QUERY]}..."
        figures = (f"{one.total_milliseconds:.0f}", f"{one.slowest_milliseconds:.0f}")
        table.add_row(*figures, str(one.times), one.last, Text(safe(query)))
    return table
