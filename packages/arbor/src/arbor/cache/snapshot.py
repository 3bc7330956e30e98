"""cache snapshot: a manual snapshot, of a replica if there is one, to spare the primary the load.

With cluster mode disabled, ElastiCache takes snapshots of a node only, not of the group.
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups-manual.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from arbor.account import Account
from arbor.cache import group, snapshots
from arbor.cache.group import Group, Node
from arbor.procedure import Failed, Refused, Run, Step

HOUR = 3600.0
DAY = timedelta(days=1)
MOST = 20
"""ElastiCache's limit of manual snapshots of one node in 24 hours."""
UNSUPPORTED = "cache.t1.micro"
"""The node type without snapshots."""


@dataclass(kw_only=True)
class SnapshotCreation:
    """A new snapshot, or one that an interrupted run started."""

    account: Account
    node: Node
    name: str
    is_new: bool
    status: str = ""

    def execute(self, run: Run) -> None:
        """Raises Failed if ElastiCache refuses, or the snapshot is not available within an hour."""
        run.execute([self._step()])

    def _step(self) -> Step:
        if not self.is_new:
            action = f"wait for {self.name}, already in progress"
        elif self.node.is_primary:
            action = (
                f"create {self.name} from {self.node.name}, the primary and only node, which may "
                "respond slowly meanwhile"
            )
        else:
            action = (
                f"create {self.name} from the replica {self.node.name}; no effect on the primary"
            )
        return Step(
            action=action,
            do=self._create,
            took_effect=self._is_available,
            shows=lambda: f"{self.name}: {self.status}" if self.status else "",
            timeout=HOUR,
        )

    def _create(self) -> None:
        if not self.is_new:
            return
        cache = self.account.client("elasticache")
        try:
            cache.create_snapshot(CacheClusterId=self.node.name, SnapshotName=self.name)
        except cache.exceptions.SnapshotQuotaExceededFault as error:
            raise Failed(
                f"{self.node.name} has had {MOST} manual snapshots in 24 hours, or the account has "
                "reached its quota: wait, or delete one with `aws elasticache delete-snapshot "
                f"--snapshot-name NAME`: {error}"
            ) from error
        except (
            cache.exceptions.SnapshotAlreadyExistsFault,
            cache.exceptions.InvalidCacheClusterStateFault,
        ):
            # Expected if an earlier call took effect and its response was lost.
            if snapshots.named(self.account, self.name) is None:
                raise

    def _is_available(self) -> bool:
        found = snapshots.named(self.account, self.name)
        if found is None and self.status == snapshots.CREATING:
            raise Failed(
                f"{self.name} no longer exists: it failed or was deleted. See `aws elasticache "
                "describe-events --duration 60`."
            )
        if found is None:
            return False  # eventual consistency
        self.status = found.status
        if self.status not in {snapshots.CREATING, snapshots.AVAILABLE}:
            raise Failed(f"{self.name} is {self.status}; expected: creating or available.")
        return self.status == snapshots.AVAILABLE


def plan(account: Account) -> SnapshotCreation:
    """Choose the node. Raises Refused with a line for each obstacle."""
    found = group.read(account)
    made = snapshots.read(account, found)
    prefix = snapshots.prefix(account.stack)
    ours = [one for one in made if one.name.startswith(prefix)]
    for one in ours:
        if one.status == snapshots.CREATING:
            node = next((node for node in found.nodes if node.name == one.node), found.nodes[0])
            return SnapshotCreation(account=account, node=node, name=one.name, is_new=False)
    node = next((node for node in found.nodes if not node.is_primary), found.nodes[0])
    obstacles = list(_obstacles(found, node, made))
    if obstacles:
        raise Refused("\n".join(obstacles))
    name = snapshots.new_name(account.stack)
    return SnapshotCreation(account=account, node=node, name=name, is_new=True)


def _obstacles(found: Group, node: Node, made: list[snapshots.CacheSnapshot]) -> Iterator[str]:
    if found.node_type == UNSUPPORTED:
        yield f"{found.name} has {UNSUPPORTED} nodes, which don't support snapshots."
    if found.status != group.AVAILABLE:
        yield f"{found.name} is {found.status}: wait until it is available."
    since = datetime.now(UTC) - DAY
    recent = [
        one
        for one in made
        if one.node == node.name
        and one.source == "manual"
        and one.created is not None
        and one.created > since
    ]
    if len(recent) >= MOST:
        yield (
            f"{node.name} has had {len(recent)} manual snapshots in 24 hours; ElastiCache allows "
            f"{MOST}. The next one is possible at "
            f"{min(one.created for one in recent if one.created) + DAY:%H:%M} UTC."
        )
