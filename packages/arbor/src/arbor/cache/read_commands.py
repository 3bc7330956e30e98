"""The commands cache connect, stats and snapshots, which change nothing."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from arbor import screen
from arbor.account import connect as connected
from arbor.cache import group, redis_cli, stats
from arbor.cache import snapshots as snapshot_list
from arbor.cache.session import session
from arbor.options import Json, Stack

if TYPE_CHECKING:
    from rich.console import RenderableType

app = typer.Typer()
PORT = 16379
"""The runbook's port."""
MEGABYTE = 2**20
DAY, HOUR = 86400, 3600


@app.command()
def connect(
    stack: Stack = "production",
    port: Annotated[int, typer.Option(help="Local port.", min=1024, max=65535)] = PORT,
    tunnel_only: Annotated[
        bool, typer.Option("--tunnel-only", help="Keep the tunnel open without redis-cli.")
    ] = False,
) -> None:
    """Open redis-cli, or a tunnel for it, through a running task."""
    with screen.outcome():
        code = redis_cli.connect(connected(stack), port, typer.echo, tunnel_only=tunnel_only)
    raise typer.Exit(1 if code else 0)


@app.command("stats")
def show_stats(stack: Stack = "production", as_json: Json = False) -> None:
    """Show the primary's hit ratio, evictions, memory, clients and keys, with findings."""
    with screen.outcome():
        account = connected(stack)
        nodes = len(group.read(account).nodes)
        with session(account) as redis:
            found = stats.read(redis)
        findings = list(stats.findings(found, stack, nodes))
        screen.answer(
            {**asdict(found), "findings": findings},
            lambda: _stats(found, findings),
            as_json=as_json,
        )


@app.command()
def snapshots(stack: Stack = "production", as_json: Json = False) -> None:
    """List manual and automatic snapshots of the cache, newest first."""
    with screen.outcome():
        account = connected(stack)
        found = snapshot_list.read(account, group.read(account))
        screen.answer([asdict(one) for one in found], lambda: _snapshots(found), as_json=as_json)


def _snapshots(found: list[snapshot_list.CacheSnapshot]) -> "RenderableType":
    from rich.table import Column, Table  # noqa: PLC0415 - slow, and --help is fast

    # Operators copy the name, so it is never truncated.
    wide = Column("Name", no_wrap=True), Column("Created (UTC)", no_wrap=True)
    table = Table(*wide, "Status", "Source", Column("Node", overflow="fold"), box=None)
    for one in found:
        created = f"{one.created:%Y-%m-%d %H:%M}" if one.created else "-"
        table.add_row(one.name, created, one.status, one.source, one.node)
    return table if found else "The cache has no snapshots."


def _stats(found: stats.Stats, findings: list[str]) -> "RenderableType":
    from rich.console import Group  # noqa: PLC0415 - slow, and --help is fast
    from rich.table import Table  # noqa: PLC0415 - as above

    ratio = "no look-ups yet" if found.hit_ratio is None else f"{found.hit_ratio:.1%}"
    used, most = found.memory_used / MEGABYTE, found.memory_max / MEGABYTE
    memory = f"{used:.1f} of {most:.0f} MB ({used / most:.0%})" if most else f"{used:.1f} MB"
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in (
        ("Role", "primary" if found.role == stats.PRIMARY else "replica"),
        ("Up", _duration(found.up_seconds)),
        ("Hit ratio", f"{ratio}  ({found.hits:,} hits, {found.misses:,} misses since start)"),
        ("Evicted keys", f"{found.evicted:,}"),
        ("Expired keys", f"{found.expired:,}"),
        ("Memory", memory),
        ("Clients", f"{found.clients:,}"),
        ("Keys", f"{found.keys:,}"),
        ("Replicas", str(found.replicas)),
    ):
        table.add_row(name, value)
    lines = [f"NG  {line}" for line in findings] or ["OK  No findings."]
    return Group(table, "", *lines)


def _duration(seconds: int) -> str:
    days, hours = seconds // DAY, seconds % DAY // HOUR
    return f"{days} days, {hours} hours" if days else f"{hours} hours, {seconds % HOUR // 60} min"
