"""The cache's replication group: status, nodes and automatic failover."""

from dataclasses import dataclass

from arbor.check import Check
from arbor.incident.reads import SharedReads
from arbor.words import counted
from arbor_names import naming

SERVING = frozenset({"available", "modifying", "snapshotting"})
"""https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html"""


@dataclass(frozen=True, kw_only=True)
class CacheState:
    """The replication group."""

    name: str
    status: str
    """`absent` if it doesn't exist."""
    nodes: int = 0
    failover: str = ""
    """Automatic failover: enabled, disabled, enabling or disabling."""

    @property
    def serves(self) -> bool:
        return self.status in SERVING


def read(shared: SharedReads) -> CacheState:
    """The stack's replication group."""
    name = naming.cache_replication_group(shared.account.stack)
    if (found := shared.cache.get()) is None:
        return CacheState(name=name, status="absent")
    return CacheState(
        name=name,
        status=found["Status"],
        nodes=len(found.get("MemberClusters", [])),
        failover=found.get("AutomaticFailover", "disabled"),
    )


def checks(found: CacheState, environment: str) -> list[Check]:
    """One check."""
    if found.status == "absent":
        return [
            Check(status="NG", name="cache", message=f"there is no replication group {found.name}")
        ]
    wrong = not found.serves or lacks_failover(found, environment)
    return [
        Check(
            status="NG" if wrong else "OK",
            name="cache",
            message=f"{found.status}, {counted(found.nodes, 'node')}, "
            f"automatic failover {found.failover}",
        )
    ]


def lacks_failover(found: CacheState, environment: str) -> bool:
    """Production requires automatic failover."""
    return environment == "production" and found.failover in {"disabled", "disabling"}
