"""ElastiCache: refused values of new and of changed replication groups."""

import re

from moto.elasticache.exceptions import (
    InvalidParameterCombinationException,
    InvalidParameterValueException,
)
from moto.elasticache.models import ElastiCacheBackend, ReplicationGroup

from pulumi_moto.corrections.elasticache_parameters import group_of
from pulumi_moto.corrections.elasticache_windows import refuse_windows
from pulumi_moto.shapes import Params

AUTH_TOKEN = re.compile(r"[A-Za-z0-9!&#$^<>-]{16,128}")
MOST_REPLICAS = 5
LONGEST_RETENTION = 35
COMMON = "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"
SIZES = {
    "t2 t3 t4g": "micro small medium",
    "m4": "large xlarge 2xlarge 4xlarge 10xlarge",
    "m5 r5": "large xlarge 2xlarge 4xlarge 12xlarge 24xlarge",
    "r4": "large xlarge 2xlarge 4xlarge 8xlarge 16xlarge",
    "r6gd": "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
    "m6g m7g r6g r7g c7gn": COMMON,
}
"""https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html"""
NODE_TYPES = frozenset(
    f"cache.{family}.{size}"
    for families, sizes in SIZES.items()
    for family in families.split()
    for size in sizes.split()
)


def refuse_group(backend: ElastiCacheBackend, group: Params) -> None:
    """Refuse a replication group, given the arguments that would create it."""
    _refuse_nodes(group)
    node_type = group.get("cache_node_type")
    if node_type is not None and node_type not in NODE_TYPES:
        raise InvalidParameterValueException(f"Invalid Cache Node Type: {node_type}")
    days = group.get("snapshot_retention_limit")
    if days is not None and not 0 <= int(days) <= LONGEST_RETENTION:
        raise InvalidParameterValueException(
            f"Invalid snapshot retention limit: {days}. Must be between 0 and {LONGEST_RETENTION}."
        )
    refuse_windows(group.get("snapshot_window"), group.get("preferred_maintenance_window"))
    _refuse_parameters(backend, group)
    refuse_token(group.get("auth_token"), tls=bool(group.get("transit_encryption_enabled")))


def _refuse_nodes(group: Params) -> None:
    nodes = int(group.get("num_cache_clusters") or 1)
    if nodes - 1 > MOST_REPLICAS:
        raise InvalidParameterValueException(
            f"The number of replicas per node group must be within 0 and {MOST_REPLICAS}."
        )
    failover = bool(group.get("automatic_failover_enabled"))
    if failover and nodes < 2:  # noqa: PLR2004 - a primary and a replica
        raise InvalidParameterCombinationException(
            "When using automatic failover, there must be at least 2 cache clusters in the "
            "replication group."
        )
    if group.get("multi_az_enabled") and not failover:
        raise InvalidParameterCombinationException("Multi-AZ requires automatic failover.")


def refuse_token(token: str | None, *, tls: bool) -> None:
    if token is None:
        return
    if not tls:
        raise InvalidParameterCombinationException(
            "The AUTH token is only supported when encryption-in-transit is enabled."
        )
    if AUTH_TOKEN.fullmatch(token) is None:
        raise InvalidParameterValueException(
            "Invalid AuthToken provided: 16 to 128 letters, digits and !&#$^<>- only."
        )


def _refuse_parameters(backend: ElastiCacheBackend, group: Params) -> None:
    name, version = group.get("cache_parameter_group_name"), group.get("engine_version")
    if name is None or name.startswith("default."):
        return
    held = group_of(backend, name)
    if version is None:
        return
    wanted = _family(str(group.get("engine") or "redis"), str(version))
    if held.family != wanted:
        raise InvalidParameterCombinationException(
            f"Expected a parameter group of family {wanted} but found one of family {held.family}"
        )


def _family(engine: str, version: str) -> str:
    major, minor = (*version.split("."), "0")[:2]
    if engine == "redis" and major == "6":
        return "redis6.x"
    return f"{engine}{major}.{minor}" if engine == "redis" and major < "6" else f"{engine}{major}"


def refuse_engine(group: ReplicationGroup, params: Params) -> None:
    """Refuse versions and engines that a group can't change to.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/VersionManagementConsiderations.html
    """
    engine, version = params.get("Engine", group.engine), params.get("EngineVersion")
    if engine not in {group.engine, "valkey"}:
        raise InvalidParameterValueException(
            f"Cannot modify the engine of {group.replication_group_id} from {group.engine} to "
            f"{engine}."
        )
    if engine != group.engine and version is None:
        raise InvalidParameterCombinationException(
            "The parameter EngineVersion must be provided to change the engine."
        )
    if version is not None and _number(version) < _number(str(group.engine_version)):
        raise InvalidParameterValueException(
            f"Downgrading from {group.engine_version} to {version} is not supported."
        )


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
