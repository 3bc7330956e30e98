"""Whether the account has room for what config asks for, when every service is at its largest."""

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
