"""How tasks are placed, and whether the account has room for all of them."""

import math
from collections.abc import Mapping

import limits
from configuration.reader import Reader
from configuration.services import ServiceSettings


def peak_vcpus(services: Mapping[str, ServiceSettings]) -> float:
    """VCPUs while every service at its `max` runs in both colours, and a migration runs.

    Tasks on Spot count too: they have a quota of their own, and it is not larger in a new account.
    """
    units = sum(service.max_count * service.cpu for service in services.values())
    return (2 * units + limits.MIGRATION_CPU) / limits.UNITS_PER_VCPU


def check_vcpus(config: Reader, services: Mapping[str, ServiceSettings], quota: int) -> None:
    """Note a problem when a deployment at full load would exceed the quota of Fargate vCPUs."""
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


def read_spot_weight(config: Reader, *, production: bool) -> int:
    """0, or more than FARGATE's weight, so that the only task of a service runs on Spot.

    With equal weights ECS does not say which provider gets the first task.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
    """
    why = "in production, for AWS stops Spot tasks at two minutes' notice" if production else ""
    weight = config.whole("spotWeight", 0, 0 if production else 1000, why)
    if config.good("spotWeight") and weight == 1:
        config.refuse(
            "spotWeight",
            "0 for no Spot, or 2 to 1,000: with equal weights ECS does not say whether the only "
            "task of a service runs on Spot",
        )
    return weight
