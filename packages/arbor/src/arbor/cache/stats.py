"""What Redis says of itself, and what to think of it.

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
"""Look-ups before a ratio says anything."""
PRIMARY = "master"
"""Redis's own word for it."""


@dataclass(frozen=True, kw_only=True)
class Stats:
    """Of the node that answers; counts since it started."""

    role: str
    up_seconds: int
    hits: int
    misses: int
    hit_ratio: float | None
    """None where nothing was looked up yet."""
    evicted: int
    expired: int
    memory_used: int
    """Bytes."""
    memory_max: int
    """Bytes; 0 where there is no limit."""
    clients: int
    rejected: int
    """Connections refused because there were too many."""
    keys: int
    replicas: int


def read(session: "redis.Redis") -> Stats:
    """Ask; one look at each section."""
    told: dict[str, Any] = {}
    for section in SECTIONS:
        told |= _mapping(session.info(section))
    hits, misses = int(told["keyspace_hits"]), int(told["keyspace_misses"])
    looked_up = hits + misses
    return Stats(
        role=str(told["role"]),
        up_seconds=int(told["uptime_in_seconds"]),
        hits=hits,
        misses=misses,
        hit_ratio=round(hits / looked_up, 4) if looked_up else None,
        evicted=int(told["evicted_keys"]),
        expired=int(told["expired_keys"]),
        memory_used=int(told["used_memory"]),
        memory_max=int(told["maxmemory"]),
        clients=int(told["connected_clients"]),
        rejected=int(told["rejected_connections"]),
        keys=sum(int(one["keys"]) for name, one in told.items() if name.startswith("db")),
        replicas=int(told.get("connected_slaves", 0)),
    )


def _mapping(answer: object) -> Mapping[str, Any]:
    """INFO as redis-py reads it; its types also allow what an asynchronous client gives."""
    assert isinstance(answer, dict)
    return answer


def judged(found: Stats, stack: str, nodes: int) -> Iterator[str]:
    """A line for each thing that is wrong, with what to do next; none when all is well."""
    if found.role != PRIMARY:
        yield (
            "The primary's endpoint leads to a replica: a failover is under way. Look again in a "
            "minute, before anything is cleared."
        )
    elif found.replicas < nodes - 1:
        yield (
            f"{found.replicas} of {nodes - 1} replicas follow the primary: a failover would lose "
            "keys, or has nowhere to go. `aws elasticache describe-events --duration 60` says why."
        )
    ratio, looked_up = found.hit_ratio, found.hits + found.misses
    if ratio is not None and looked_up >= ENOUGH and ratio < LOW_RATIO:
        yield (
            f"The hit ratio is {ratio:.0%}, under {LOW_RATIO:.0%}: the database does what the "
            f"cache should. `{typed('arbor cache warm', stack)}`, if it was emptied or restarted."
        )
    if found.evicted:
        yield (
            f"{found.evicted} keys were evicted to make room. If that goes on, the node is too "
            f"small: raise its type in Pulumi.{stack}.yaml."
        )
    clear = typed("arbor cache clear 'usage_analysis:*'", stack)
    if found.memory_max and found.memory_used >= FULL * found.memory_max:
        yield (
            f"{found.memory_used / found.memory_max:.0%} of the memory is used: keys are evicted "
            f"next. Clear what is not needed, such as `{clear}`, or raise the node's type in "
            f"Pulumi.{stack}.yaml."
        )
    if found.rejected:
        yield (
            f"{found.rejected} connections were rejected: more clients than Redis allows. Look for "
            "pools that leak."
        )
