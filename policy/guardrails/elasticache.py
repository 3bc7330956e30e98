"""Rules on ElastiCache replication groups and their parameter groups."""

from collections.abc import Iterator
from functools import partial

from guardrails.reading import given, items
from guardrails.rule import PRODUCTION, Props, Rule

GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
PARAMETERS = "aws:elasticache/parameterGroup:ParameterGroup"
SNAPSHOT_DAYS = 7
_replication_group = partial(Rule, token=GROUP)


def _no_tls(props: Props) -> Iterator[str]:
    if not props.get("transitEncryptionEnabled", False):
        yield "Connections have no TLS."


def _no_token(props: Props) -> Iterator[str]:
    if not given(props, "authToken"):
        yield "Connections need no AUTH token."


def _without_own_key(props: Props) -> Iterator[str]:
    if not props.get("atRestEncryptionEnabled", False):
        yield "Disk and snapshots are not encrypted."
    elif not given(props, "kmsKeyId"):
        yield "The cache is encrypted with the AWS managed key."


def _no_failover(props: Props) -> Iterator[str]:
    if not (props.get("automaticFailoverEnabled", False) and props.get("multiAzEnabled", False)):
        yield "The cache has no automatic failover to another zone."


def _no_snapshots(props: Props) -> Iterator[str]:
    days = props.get("snapshotRetentionLimit", 0)
    if days < SNAPSHOT_DAYS:
        yield f"Snapshots are kept for {days:.0f} days."


def _no_slow_log(props: Props) -> Iterator[str]:
    logs = items(props, "logDeliveryConfigurations")
    if "slow-log" not in [log["logType"] for log in logs]:
        yield "The slow log is not delivered to CloudWatch."


def _other_eviction(props: Props) -> Iterator[str]:
    found = {one["name"]: one["value"] for one in items(props, "parameters")}
    if found.get("maxmemory-policy") != "allkeys-lru":
        yield "A full cache refuses writes or evicts only expiring keys."


RULES = (
    _replication_group(
        name="elasticache-tls",
        check=_no_tls,
        why="Sessions and tokens are encrypted in transit.",
        fix="Set transit_encryption_enabled=True (components/cache.py).",
        controls=("FSBP ElastiCache.5",),
    ),
    _replication_group(
        name="elasticache-auth",
        check=_no_token,
        why="Network access alone must not give access to the cache.",
        fix="Set auth_token from the stack's secret (components/cache.py).",
        controls=("FSBP ElastiCache.6",),
    ),
    _replication_group(
        name="elasticache-encrypted",
        check=_without_own_key,
        why="A customer managed key controls who can read cached data.",
        fix="Set at_rest_encryption_enabled=True and kms_key_id (components/cache.py).",
        controls=("FSBP ElastiCache.4",),
    ),
    _replication_group(
        name="elasticache-failover",
        check=_no_failover,
        why="The cache survives the loss of a zone.",
        fix="Set arbor:cacheNodes to 0 (one node per zone), or to 2 or more.",
        controls=("FSBP ElastiCache.3",),
        environments=PRODUCTION,
    ),
    _replication_group(
        name="elasticache-snapshots",
        check=_no_snapshots,
        why="The runbook restores the cache from a snapshot of the last seven days.",
        fix="Set arbor:cacheSnapshotDays to 7 or more.",
        controls=("FSBP ElastiCache.1", "runbook: restore"),
        environments=PRODUCTION,
    ),
    _replication_group(
        name="elasticache-slow-log",
        check=_no_slow_log,
        why="Slow commands are available in CloudWatch Logs.",
        fix="Add the log type slow-log to log_delivery_configurations (components/cache.py).",
        controls=("runbook: cache",),
    ),
    Rule(
        name="elasticache-eviction",
        token=PARAMETERS,
        why="A full cache evicts the least recently used keys and keeps accepting writes.",
        fix='Set the parameter maxmemory-policy to "allkeys-lru" (components/cache.py).',
        controls=("design: cache",),
        check=_other_eviction,
    ),
)
