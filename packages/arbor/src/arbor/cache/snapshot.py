"""cache snapshot: one of a replica, where there is one, so that the primary goes on undisturbed.

ElastiCache refuses one of the replication group as a whole: ours has cluster mode off.
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
"""Manual snapshots of one node within 24 hours."""
WITHOUT = "cache.t1.micro"
"""The one node type that ElastiCache takes none of."""


@dataclass(kw_only=True)
class Taking:
    """One snapshot, new or begun by a run that was killed."""

    account: Account
    node: Node
    name: str
    is_new: bool
    status: str = ""

    def execute(self, run: Run) -> None:
        """Raises Failed when ElastiCache refuses it, or it is not available within an hour."""
        run.execute([self._step()])

    def _step(self) -> Step:
        if not self.is_new:
            says = f"wait for {self.name}, which was begun already"
        elif self.node.is_primary:
            says = (
                f"take {self.name} of {self.node.name}, the primary: there is no other node, and "
                "it may answer slowly meanwhile"
            )
        else:
            says = f"take {self.name} of the replica {self.node.name}; users don't notice"
        return Step(
            says=says,
            do=self._create,
            took_effect=self._is_available,
            shows=lambda: f"{self.name}: {self.status}" if self.status else "",
            timeout=HOUR,
        )

    def _create(self) -> None:
        if not self.is_new:
            return
        cache = self.account.client("elasticache")
        taken = (
            cache.exceptions.SnapshotAlreadyExistsFault,
            cache.exceptions.InvalidCacheClusterStateFault,
        )
        try:
            cache.create_snapshot(CacheClusterId=self.node.name, SnapshotName=self.name)
        except cache.exceptions.SnapshotQuotaExceededFault as error:
            raise Failed(
                f"{self.node.name} has had {MOST} manual snapshots within 24 hours, or the account "
                "has all that it may have; delete one with `aws elasticache delete-snapshot`, or "
                f"wait: {error}"
            ) from error
        except taken:
            # A repeated call, when the first one, whose answer was lost, took effect.
            if snapshots.named(self.account, self.name) is None:
                raise

    def _is_available(self) -> bool:
        found = snapshots.named(self.account, self.name)
        if found is None and self.status == snapshots.CREATING:
            raise Failed(
                f"{self.name} is gone: ElastiCache gave it up, or somebody deleted it. `aws "
                "elasticache describe-events --duration 60` says more."
            )
        if found is None:
            return False  # not yet known everywhere
        self.status = found.status
        if self.status not in {snapshots.CREATING, snapshots.AVAILABLE}:
            raise Failed(f"{self.name} is {self.status}, and was not to be yet.")
        return self.status == snapshots.AVAILABLE


def plan(account: Account) -> Taking:
    """Choose the node; raises Refused where ElastiCache would refuse it."""
    found = group.read(account)
    made = snapshots.read(account, found)
    prefix = snapshots.prefix(account.stack)
    ours = [one for one in made if one.name.startswith(prefix)]
    for one in ours:
        if one.status == snapshots.CREATING:
            node = next((node for node in found.nodes if node.name == one.node), found.nodes[0])
            return Taking(account=account, node=node, name=one.name, is_new=False)
    node = next((node for node in found.nodes if not node.is_primary), found.nodes[0])
    in_the_way = list(_in_the_way(found, node, made))
    if in_the_way:
        raise Refused("\n".join(in_the_way))
    name = snapshots.new_name(account.stack)
    return Taking(account=account, node=node, name=name, is_new=True)


def _in_the_way(found: Group, node: Node, made: list[snapshots.Snapshot]) -> Iterator[str]:
    if found.node_type == WITHOUT:
        yield f"{found.name} is of {WITHOUT} nodes, which ElastiCache takes no snapshots of."
    if found.status != "available":
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
            f"{node.name} has had {len(recent)} manual snapshots within 24 hours, and ElastiCache "
            f"allows {MOST}: the next one is possible at "
            f"{min(one.created for one in recent if one.created) + DAY:%H:%M} UTC."
        )
