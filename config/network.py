"""Settings of the network: zones, CIDR blocks, NAT gateways and endpoints."""

from dataclasses import dataclass
from typing import Final

from arbor_names import limits
from config.reader import Reader

TIERS: Final = ("publicCidrs", "privateCidrs", "isolatedCidrs")
_LARGEST_PUBLIC: Final = 27
"""A load balancer requires subnets of /27 or larger, with eight free addresses."""
_FEWEST_ZONES, _MOST_ZONES = 2, 6
"""A load balancer and a database need two zones; a region has at most six."""


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """The VPC; each tier has one block per zone, in the order of the zones."""

    cidr_block: str
    zones: tuple[str, ...]
    public_cidrs: tuple[str, ...]
    private_cidrs: tuple[str, ...]
    isolated_cidrs: tuple[str, ...]
    nat_per_zone: bool
    interface_endpoints: tuple[str, ...]


def read_network(config: Reader, *, region: str, production: bool) -> NetworkSettings:
    """The network's settings; problems are recorded in the reader."""
    zones = _read_zones(config, region)
    block = config.text("vpcCidr", "an IPv4 block of /16 to /28, such as 10.0.0.0/16", _is_block)
    tiers = {
        tier: config.texts(
            tier, "a list of IPv4 blocks of /16 to /28, one per zone, each unique", _is_block
        )
        for tier in TIERS
    }
    for tier, cidrs in tiers.items():
        if config.good("zones", tier) and len(cidrs) != len(zones):
            config.refuse(tier, f"one block per zone, in the order of {', '.join(zones)}")
        elif config.good("vpcCidr", tier) and (beyond := limits.outside(block, list(cidrs))):
            config.refuse(tier, f"blocks within {block}; {', '.join(beyond)} is outside")
    small = [c for c in tiers["publicCidrs"] if limits.network(c).prefixlen > _LARGEST_PUBLIC]
    if config.good("publicCidrs") and small:
        config.refuse(
            "publicCidrs",
            f"blocks of /{_LARGEST_PUBLIC} or larger, which the load balancer requires",
        )
    _refuse_overlaps(config, tiers)
    nat_per_zone = config.flag("natPerZone")
    if production and config.good("natPerZone") and not nat_per_zone:
        config.refuse("natPerZone", "true in production, so that each zone is independent")
    return NetworkSettings(
        cidr_block=block,
        zones=zones,
        public_cidrs=tiers["publicCidrs"],
        private_cidrs=tiers["privateCidrs"],
        isolated_cidrs=tiers["isolatedCidrs"],
        nat_per_zone=nat_per_zone,
        interface_endpoints=config.texts(
            "interfaceEndpoints",
            f"a list of any of {', '.join(limits.INTERFACE_ENDPOINTS)}, each unique",
            limits.INTERFACE_ENDPOINTS.__contains__,
        ),
    )


def _read_zones(config: Reader, region: str) -> tuple[str, ...]:
    allowed = (
        f"{_FEWEST_ZONES} to {_MOST_ZONES} zones of {region or 'the region'}, each unique, "
        f"{region}a to {region}f"
    )
    zones = config.texts("zones", allowed, lambda zone: _is_zone_of(zone, region))
    if config.good("zones") and not _FEWEST_ZONES <= len(zones) <= _MOST_ZONES:
        config.refuse("zones", allowed)
    return zones


def _refuse_overlaps(config: Reader, tiers: dict[str, tuple[str, ...]]) -> None:
    """Refuse each overlapping pair at the tier of its second block."""
    if not config.good(*TIERS):
        return
    tier_of = {cidr: tier for tier, cidrs in tiers.items() for cidr in cidrs}
    blocks = [cidr for cidrs in tiers.values() for cidr in cidrs]
    for first, second in limits.overlapping(blocks):
        config.refuse(
            tier_of[second],
            f"blocks without overlap; {second} overlaps {first} of {tier_of[first]}",
        )


def _is_block(text: str) -> bool:
    try:
        limits.network(text)
    except ValueError:
        return False
    return True


def _is_zone_of(zone: str, region: str) -> bool:
    try:
        return limits.region_of(zone) == region
    except ValueError:
        return False
