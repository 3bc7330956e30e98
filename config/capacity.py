"""Capacity providers of tasks, and checks against the limits of account, database and cache."""

import math
from collections.abc import Mapping

from arbor_names import limits, pools
from config.reader import Reader
from config.services import ServiceSettings
from config.stores import CacheSettings, DatabaseSettings


def peak_vcpus(services: Mapping[str, ServiceSettings]) -> float:
    """VCPUs of every service at its `max` in blue and green, and of a migration.

    Tasks on Spot count too: their separate quota is no larger in a new account.
    """
    units = sum(service.max_count * service.cpu for service in services.values())
    return (pools.COLOURS * units + limits.MIGRATION_CPU) / limits.UNITS_PER_VCPU


def check_vcpus(config: Reader, services: Mapping[str, ServiceSettings], quota: int) -> None:
    """Record a problem if a deployment at full load would exceed the Fargate vCPU quota."""
    needed = math.ceil(peak_vcpus(services))
    if needed <= quota:
        return
    using = " + ".join(
        f"{s.app} {s.max_count} tasks x {s.cpu / limits.UNITS_PER_VCPU:g}"
        for s in services.values()
    )
    config.refuse(
        "fargateVcpuQuota",
        f"{needed} or more vCPUs, for 2 colours x ({using}) and a migration; raise the account's "
        f"quota first with `{limits.raise_fargate_quota(needed)}` and set this key when AWS has "
        "granted it, or lower max or cpu",
    )


def check_connections(
    config: Reader, services: Mapping[str, ServiceSettings], database: DatabaseSettings
) -> None:
    """Record a problem if a deployment at full load would exhaust the database's connections."""
    users = [s for s in services.values() if s.database]
    pool = database.pool_size
    needed = sum(pools.peak(s.max_count, s.workers or 0, pool) for s in users)
    usable = limits.usable_connections(database.instance_class)
    if needed <= usable:
        return
    larger = limits.class_with_connections(needed, like=database.instance_class)
    config.refuse(
        "databaseClass",
        f"a class that leaves the application {needed} connections ({_both_colours(users)} x "
        f"databasePoolSize {pool}), and this one leaves {usable}: "
        + (f"{larger} or larger, or " if larger else "")
        + "lower max or workers",
    )


def check_cache_connections(
    config: Reader, services: Mapping[str, ServiceSettings], cache: CacheSettings
) -> None:
    """Record a problem if a deployment at full load would exhaust a cache node's connections."""
    users = [s for s in services.values() if s.cache]
    pool = pools.CACHE_POOL_SIZE
    needed = sum(pools.peak(s.max_count, s.workers or 0, pool) for s in users)
    usable = limits.cache_connections(cache.node_type)
    if needed > usable:
        config.refuse(
            "cacheNodeType",
            f"a type whose nodes take {needed} connections ({_both_colours(users)} x {pool} of "
            f"each worker), and this one takes {usable}: a larger type, or lower max or workers",
        )


def _both_colours(users: list[ServiceSettings]) -> str:
    using = ", ".join(
        f"{s.app} {s.max_count} tasks x {s.workers} worker{'' if s.workers == 1 else 's'}"
        for s in users
    )
    return f"{pools.COLOURS} colours x {using}"


def read_spot_weight(config: Reader, *, production: bool) -> int:
    """0, or more than FARGATE's weight, so that the only task of a service runs on Spot.

    With equal weights ECS does not say which provider gets the first task.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
    """
    why = "in production, because AWS stops Spot tasks on two minutes' notice" if production else ""
    weight = config.whole("spotWeight", 0, 0 if production else 1000, why)
    if config.good("spotWeight") and weight == 1:
        config.refuse(
            "spotWeight",
            "0 for no Spot, or 2 to 1,000: with equal weights ECS does not say whether the only "
            "task of a service runs on Spot",
        )
    return weight
