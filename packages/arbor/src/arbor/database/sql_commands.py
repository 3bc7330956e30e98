"""The commands database connect, connections and top-queries."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from arbor import screen
from arbor.account import connect as connected
from arbor.database import activity, psql
from arbor.database.session import session
from arbor.options import Json, Stack

if TYPE_CHECKING:
    from rich.console import RenderableType

app = typer.Typer()
PORT = 15432
"""The runbook's port."""
WIDTH = 200
"""Characters of a query in the table; `--json` has all."""


@app.command()
def connect(
    stack: Stack = "production",
    port: Annotated[int, typer.Option(help="Local port.", min=1024, max=65535)] = PORT,
    tunnel_only: Annotated[
        bool, typer.Option("--tunnel-only", help="Keep the tunnel open without psql.")
    ] = False,
) -> None:
    """Open psql, or a tunnel for it, through a running task."""
    with screen.outcome():
        code = psql.connect(connected(stack), port, typer.echo, tunnel_only=tunnel_only)
    raise typer.Exit(1 if code else 0)


@app.command()
def connections(stack: Stack = "production", as_json: Json = False) -> None:
    """Show connections by user and state, and the limit."""
    with screen.outcome():
        with session(connected(stack)) as opened:
            found = activity.connections(opened)
        screen.answer(asdict(found), lambda: _connections(found), as_json=as_json)


@app.command("top-queries")
def top_queries(
    stack: Stack = "production",
    by: Annotated[
        activity.Order, typer.Option(help="Sort by this statistic of execution.")
    ] = "mean",
    limit: Annotated[int, typer.Option(help="Number of queries.", min=1, max=1000)] = 10,
    as_json: Json = False,
) -> None:
    """Show the most expensive queries of pg_stat_statements."""
    with screen.outcome():
        with session(connected(stack)) as opened:
            found = activity.top_queries(opened, by, limit, stack=stack)
        screen.answer([asdict(one) for one in found], lambda: _queries(found), as_json=as_json)


def _connections(found: activity.Connections) -> "RenderableType":
    from rich.table import Table  # noqa: PLC0415 - slow, and --help is fast

    title = f"{found.used} of {found.allowed} connections"
    table = Table("User", "State", "Connections", "Longest s", box=None, title=title)
    for share in found.shares:
        table.add_row(
            share.user, share.state, str(share.connections), f"{share.longest_seconds:.0f}"
        )
    return table


def _queries(found: list[activity.Query]) -> "RenderableType":
    from rich.table import Table  # noqa: PLC0415 - slow, and --help is fast
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table("Mean ms", "Total ms", "Calls", "Rows", "Query", box=None)
    for one in found:
        figures = (f"{one.mean_milliseconds:.1f}", f"{one.total_milliseconds:.0f}")
        query = one.query if len(one.query) <= WIDTH else f"{one.query[:WIDTH]}..."
        table.add_row(*figures, str(one.calls), str(one.rows), Text(query))
    return table
