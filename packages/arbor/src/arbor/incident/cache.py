"""The cache: whether it serves, with how many nodes, and whether one takes over from another."""

from dataclasses import dataclass

from arbor.incident.row import Row
from arbor.incident.shared import Shared
from arbor_names import naming

WELL = frozenset({"available", "modifying", "snapshotting"})
"""https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html"""


@dataclass(frozen=True, kw_only=True)
class CacheNow:
    """The replication group."""

    name: str
    status: str
    """`absent` where there is none."""
    nodes: int = 0
    failover: str = ""
    """Automatic failover: enabled, disabled, or on its way."""

    @property
    def serves(self) -> bool:
        return self.status in WELL


def read(shared: Shared) -> CacheNow:
    name = naming.cache_replication_group(shared.account.stack)
    missing = shared.account.client("elasticache").exceptions.ReplicationGroupNotFoundFault
    try:
        found = shared.cache.get()
    except missing:
        return CacheNow(name=name, status="absent")
    return CacheNow(
        name=name,
        status=found["Status"],
        nodes=len(found.get("MemberClusters", [])),
        failover=found.get("AutomaticFailover", "disabled"),
    )


def rows(found: CacheNow, environment: str) -> list[Row]:
    if found.status == "absent":
        return [Row("NG", "cache", f"there is no replication group {found.name}")]
    nodes = "1 node" if found.nodes == 1 else f"{found.nodes} nodes"
    wrong = not found.serves or lacks_failover(found, environment)
    return [
        Row(
            "NG" if wrong else "OK",
            "cache",
            f"{found.status}, {nodes}, automatic failover {found.failover}",
        )
    ]


def lacks_failover(found: CacheNow, environment: str) -> bool:
    """Production's second node is there to take over."""
    return environment == "production" and found.failover in {"disabled", "disabling"}
