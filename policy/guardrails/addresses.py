"""Whom a rule of a security group is for, and which port it opens."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from guardrails.reading import given

WIDE = {4: 8, 6: 16}
"""Bits of the smallest block that isn't the world. Without this two halves would pass for less
than everybody; 10.0.0.0/8 is one network's own."""


def of_the_world(props: Mapping[str, Any]) -> bool:
    """Whether anybody is meant. What a prefix list holds is decided elsewhere, and may change."""
    blocks = (props[key] for key in ("cidrIpv4", "cidrIpv6") if given(props, key))
    return given(props, "prefixListId") or any(is_world(block) for block in blocks)


def is_world(block: str) -> bool:
    """Whether an address block is the whole internet, or a piece too big to be anybody's."""
    network = ip_network(block, strict=False)
    return network.prefixlen < WIDE[network.version]


def only_port(props: Mapping[str, Any]) -> int | None:
    """The one TCP port that a rule opens, or None; AWS ignores ports given for all protocols."""
    begin, end = props.get("fromPort", -1), props.get("toPort", -1)
    if props.get("ipProtocol", "tcp") not in {"tcp", "6"} or begin != end:
        return None
    return int(begin)
