"""Statistics that Redis reports (INFO), and findings in them.

https://redis.io/docs/latest/commands/info/
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.WhichShouldIMonitor.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from arbor.account import typed

if TYPE_CHECKING:
    import redis

SECTIONS = ("server", "stats", "memory", "clients", "keyspace", "replication")
LOW_RATIO = 0.8
FULL = 0.9
ENOUGH = 100
"""Look-ups below which the hit ratio has no meaning."""
PRIMARY = "master"
"""INFO's role of the primary."""


@dataclass(frozen=True, kw_only=True)
class Stats:
    """Of the connected node; counters since it started."""

    role: str
    up_seconds: int
    hits: int
    misses: int
    hit_ratio: float | None
    """None before the first look-up."""
    evicted: int
    expired: int
    memory_used: int
    """Bytes."""
    memory_max: int
    """Bytes; 0: no limit."""
    clients: int
    rejected: int
    """Connections rejected at `maxclients`."""
    keys: int
    replicas: int


def read(session: "redis.Redis") -> Stats:
    """Read each section once."""
    info: dict[str, Any] = {}
    for section in SECTIONS:
        info |= _mapping(session.info(section))
    hits, misses = int(info["keyspace_hits"]), int(info["keyspace_misses"])
    lookups = hits + misses
    return Stats(
        role=str(info["role"]),
        up_seconds=int(info["uptime_in_seconds"]),
        hits=hits,
        misses=misses,
        hit_ratio=round(hits / lookups, 4) if lookups else None,
        evicted=int(info["evicted_keys"]),
        expired=int(info["expired_keys"]),
        memory_used=int(info["used_memory"]),
        memory_max=int(info["maxmemory"]),
        clients=int(info["connected_clients"]),
        rejected=int(info["rejected_connections"]),
        keys=sum(int(one["keys"]) for name, one in info.items() if name.startswith("db")),
        replicas=int(info.get("connected_slaves", 0)),
    )


def _mapping(answer: object) -> Mapping[str, Any]:
    """INFO as a dict; redis-py's types also allow an asynchronous client's result."""
    assert isinstance(answer, dict)
    return answer


def findings(found: Stats, stack: str, nodes: int) -> Iterator[str]:
    """One line per finding, with the remedy."""
    if found.role != PRIMARY:
        yield (
            "The primary endpoint leads to a replica: a failover is in progress. Run this again "
            "in a minute, before you clear keys."
        )
    elif found.replicas < nodes - 1:
        yield (
            f"{found.replicas} of {nodes - 1} replicas follow the primary: a failover would lose "
            "keys or have no target. See `aws elasticache describe-events --duration 60`."
        )
    ratio, lookups = found.hit_ratio, found.hits + found.misses
    if ratio is not None and lookups >= ENOUGH and ratio < LOW_RATIO:
        yield (
            f"The hit ratio is {ratio:.0%}, below {LOW_RATIO:.0%}: the database serves requests "
            "that the cache should. After a flush or a restart, run "
            f"`{typed('arbor cache warm', stack)}`."
        )
    if found.evicted:
        yield (
            f"{found.evicted:,} keys were evicted to free memory. If the number keeps growing, set "
            f"a larger node type in Pulumi.{stack}.yaml."
        )
    clear = typed("arbor cache clear 'usage_analysis:*'", stack)
    if found.memory_max and found.memory_used >= FULL * found.memory_max:
        yield (
            f"{found.memory_used / found.memory_max:.0%} of the memory is used; evictions follow. "
            f"Clear keys that are not needed (`{clear}`), or set a larger node type in "
            f"Pulumi.{stack}.yaml."
        )
    if found.rejected:
        yield (
            f"{found.rejected:,} connections were rejected at Redis's maxclients. Check the "
            "application for connection pools that leak."
        )
