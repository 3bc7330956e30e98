"""Rules on ElastiCache replication groups and their parameter groups."""

from collections.abc import Callable, Iterator

from guardrails.reading import given, items
from guardrails.rule import PRODUCTION, Props, Rule

GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
PARAMETERS = "aws:elasticache/parameterGroup:ParameterGroup"
SNAPSHOT_DAYS = 7


def _no_tls(props: Props) -> Iterator[str]:
    if not props.get("transitEncryptionEnabled", False):
        yield "Connections are not encrypted."


def _no_token(props: Props) -> Iterator[str]:
    if not given(props, "authToken"):
        yield "Whoever reaches the cache may use it."


def _without_own_key(props: Props) -> Iterator[str]:
    if not props.get("atRestEncryptionEnabled", False):
        yield "The cache's disk and snapshots are not encrypted."
    elif not given(props, "kmsKeyId"):
        yield "The cache is encrypted with AWS's own key."


def _no_failover(props: Props) -> Iterator[str]:
    if not (props.get("automaticFailoverEnabled", False) and props.get("multiAzEnabled", False)):
        yield "The cache doesn't survive the loss of a zone."


def _no_snapshots(props: Props) -> Iterator[str]:
    days = props.get("snapshotRetentionLimit", 0)
    if days < SNAPSHOT_DAYS:
        yield f"Snapshots are kept {days:.0f} days."


def _no_slow_log(props: Props) -> Iterator[str]:
    logs = items(props, "logDeliveryConfigurations")
    if "slow-log" not in [log["logType"] for log in logs]:
        yield "The slow log isn't delivered."


def _keeps_everything(props: Props) -> Iterator[str]:
    found = {one["name"]: one["value"] for one in items(props, "parameters")}
    if found.get("maxmemory-policy") != "allkeys-lru":
        yield "A full cache refuses writes, or evicts only what expires."


def _rule(
    name: str,
    check: Callable[[Props], Iterator[str]],
    *,
    why: str,
    fix: str,
    controls: tuple[str, ...],
    environments: frozenset[str] = frozenset(),
) -> Rule:
    return Rule(
        name=name,
        token=GROUP,
        why=why,
        fix=fix,
        controls=controls,
        check=check,
        environments=environments,
    )


RULES = (
    _rule(
        "elasticache-tls",
        _no_tls,
        why="No session and no token crosses the network in the clear.",
        fix="Set transit_encryption_enabled to True.",
        controls=("FSBP ElastiCache.5",),
    ),
    _rule(
        "elasticache-auth",
        _no_token,
        why="Reaching the cache is not enough to use it.",
        fix="Set auth_token from the stack's secret.",
        controls=("FSBP ElastiCache.6",),
    ),
    _rule(
        "elasticache-encrypted",
        _without_own_key,
        why="What is cached is unreadable without a key that we control.",
        fix="Set at_rest_encryption_enabled to True and kms_key_id to a key of the stack.",
        controls=("FSBP ElastiCache.4",),
    ),
    _rule(
        "elasticache-failover",
        _no_failover,
        why="The cache survives the loss of a zone.",
        fix="Set automatic_failover_enabled and multi_az_enabled to True.",
        controls=("FSBP ElastiCache.3",),
        environments=PRODUCTION,
    ),
    _rule(
        "elasticache-snapshots",
        _no_snapshots,
        why="The cache can be restored to any of the last seven days.",
        fix="Set snapshot_retention_limit to 7 or more.",
        controls=("FSBP ElastiCache.1", "runbook: restore"),
        environments=PRODUCTION,
    ),
    _rule(
        "elasticache-slow-log",
        _no_slow_log,
        why="Slow commands are read in CloudWatch.",
        fix="Add a slow-log to log_delivery_configurations.",
        controls=("runbook: cache",),
    ),
    Rule(
        name="elasticache-eviction",
        token=PARAMETERS,
        why="A full cache forgets what is used least, and goes on.",
        fix='Set the parameter maxmemory-policy to "allkeys-lru".',
        controls=("design: cache",),
        check=_keeps_everything,
    ),
)
