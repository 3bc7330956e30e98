"""ElastiCache: changes that wait for the maintenance window.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html
(ApplyImmediately)
"""

from datetime import datetime, timedelta

from moto.core.utils import utcnow
from moto.elasticache.models import CacheCluster, ReplicationGroup
from moto.elasticache.responses import ElastiCacheResponse

from pulumi_moto.clock import CLOCK
from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.corrections.elasticache_token import settle
from pulumi_moto.corrections.rds_windows import next_start
from pulumi_moto.shapes import Members

WAITS = {"CacheNodeType": "cache_node_type", "EngineVersion": "engine_version"}
"""Parameters that wait for the window unless ApplyImmediately is set, as far as emulated."""
UNASKED = "sun:05:00-sun:06:00"
"""The window of a group that was created without one; AWS picks one at random."""
WAITING, SINCE = "waiting", "waiting_since"


def defer(
    group: ReplicationGroup, members: list[CacheCluster], params: Members, *, at_once: bool
) -> Members:
    """Return the changes to apply now: with `at_once`, the pending ones, too."""
    waiting: Members = group.__dict__.get(WAITING, {})
    if at_once:
        _hold(group, members, {})
        return {**waiting, **params}
    later = {name: params[name] for name in WAITS if name in params}
    held = {name: getattr(members[0], attribute) for name, attribute in WAITS.items()}
    wanted = {**waiting, **later}
    _hold(group, members, {name: to for name, to in wanted.items() if to != held[name]})
    return {name: value for name, value in params.items() if name not in later}


def _hold(group: ReplicationGroup, members: list[CacheCluster], waiting: Members) -> None:
    group.__dict__[WAITING] = waiting
    group.__dict__[SINCE] = _now()
    for member in members:
        member.__dict__["pending_modified_values"] = dict(waiting)


def _now() -> datetime:
    return utcnow() + timedelta(seconds=CLOCK.now())


@corrects(
    ElastiCacheResponse,
    call="every call of elasticache",
    moto="has no maintenance windows",
    aws="applies pending changes in the window",
)
def call_action(original: Replacement, self: ElastiCacheResponse) -> object:
    backend = self.elasticache_backend
    for group in backend.replication_groups.values():
        settle(group)
        waiting = group.__dict__.get(WAITING)
        members = [backend.cache_clusters[name] for name in group.member_clusters]
        if not waiting or not members:
            continue
        params = group.__dict__.get("requested_windows", {})
        window = params.get("preferred_maintenance_window", UNASKED)
        if _now() >= next_start(window, group.__dict__[SINCE]):
            for changed in (group, *members):
                for name, value in waiting.items():
                    setattr(changed, WAITS[name], value)
            _hold(group, members, {})
    return original(self)
