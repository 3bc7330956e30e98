"""cache connect, stats and snapshots on the command line: nothing is changed."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from arbor import screen
from arbor.account import connect as connected
from arbor.cache import group, redis_cli, stats
from arbor.cache import snapshots as taken
from arbor.cache.session import session
from arbor.options import Json, Stack

if TYPE_CHECKING:
    from rich.console import RenderableType

app = typer.Typer()
PORT = 16379
"""As the runbook types it."""
MEGABYTE = 2**20
DAY, HOUR = 86400, 3600


@app.command()
def connect(
    stack: Stack = "production",
    port: Annotated[int, typer.Option(help="This machine's port.", min=1024, max=65535)] = PORT,
    tunnel_only: Annotated[
        bool, typer.Option("--tunnel-only", help="Keep the way open, without redis-cli.")
    ] = False,
) -> None:
    """Open redis-cli, or the way for it, through a running task; no public address is involved."""
    with screen.told():
        code = redis_cli.connect(connected(stack), port, typer.echo, only_way=tunnel_only)
    raise typer.Exit(1 if code else 0)


@app.command("stats")
def show_stats(stack: Stack = "production", as_json: Json = False) -> None:
    """Hit ratio, evictions, memory, clients and keys of the primary, and what to think of them."""
    with screen.told():
        account = connected(stack)
        nodes = len(group.read(account).nodes)
        with session(account) as redis:
            found = stats.read(redis)
        judged = list(stats.judged(found, stack, nodes))
        screen.answer(
            {**asdict(found), "judged": judged}, lambda: _stats(found, judged), as_json=as_json
        )


@app.command()
def snapshots(stack: Stack = "production", as_json: Json = False) -> None:
    """The snapshots of the cache, taken by hand or by ElastiCache itself, the newest first."""
    with screen.told():
        account = connected(stack)
        found = taken.read(account, group.read(account))
        screen.answer([asdict(one) for one in found], lambda: _snapshots(found), as_json=as_json)


def _snapshots(found: list[taken.Snapshot]) -> "RenderableType":
    from rich.table import Column, Table  # noqa: PLC0415 - slow, and --help is fast

    # The name is what is typed next, so it is never cut.
    wide = Column("Name", no_wrap=True), Column("Created (UTC)", no_wrap=True)
    table = Table(*wide, "Status", "Source", Column("Node", overflow="fold"), box=None)
    for one in found:
        created = f"{one.created:%Y-%m-%d %H:%M}" if one.created else "-"
        table.add_row(one.name, created, one.status, one.source, one.node)
    return table if found else "There is no snapshot of the cache."


def _stats(found: stats.Stats, judged: list[str]) -> "RenderableType":
    from rich.console import Group  # noqa: PLC0415 - slow, and --help is fast
    from rich.table import Table  # noqa: PLC0415 - as above

    ratio = "nothing was looked up yet" if found.hit_ratio is None else f"{found.hit_ratio:.1%}"
    used, most = found.memory_used / MEGABYTE, found.memory_max / MEGABYTE
    memory = f"{used:.1f} of {most:.0f} MB ({used / most:.0%})" if most else f"{used:.1f} MB"
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in (
        ("Role", "primary" if found.role == stats.PRIMARY else "replica"),
        ("Up", _duration(found.up_seconds)),
        ("Hit ratio", f"{ratio}  ({found.hits:,} hits, {found.misses:,} misses since then)"),
        ("Evicted keys", f"{found.evicted:,}"),
        ("Expired keys", f"{found.expired:,}"),
        ("Memory", memory),
        ("Clients", f"{found.clients:,}"),
        ("Keys", f"{found.keys:,}"),
        ("Replicas", str(found.replicas)),
    ):
        table.add_row(name, value)
    lines = [f"NG  {line}" for line in judged] or ["OK  Nothing is wrong."]
    return Group(table, "", *lines)


def _duration(seconds: int) -> str:
    days, hours = seconds // DAY, seconds % DAY // HOUR
    return f"{days} days, {hours} hours" if days else f"{hours} hours, {seconds % HOUR // 60} min"
