"""The addresses and the port of a security group rule."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from guardrails.reading import given

WIDE = {4: 8, 6: 16}
"""Shortest prefix of a private block, by IP version. A limit of 0 would let two halves of the
internet pass; 10.0.0.0/8 is a private network."""


def is_public(props: Mapping[str, Any]) -> bool:
    """Whether the rule covers the internet. A prefix list counts: its entries can change."""
    blocks = (props[key] for key in ("cidrIpv4", "cidrIpv6") if given(props, key))
    return given(props, "prefixListId") or any(is_internet(block) for block in blocks)


def is_internet(block: str) -> bool:
    """Whether a block is the internet, or a part too large for one network."""
    network = ip_network(block, strict=False)
    return network.prefixlen < WIDE[network.version]


def only_port(props: Mapping[str, Any]) -> int | None:
    """The one TCP port of a rule, or None; AWS ignores ports of a rule for all protocols."""
    begin, end = props.get("fromPort", -1), props.get("toPort", -1)
    if props.get("ipProtocol", "tcp") not in {"tcp", "6"} or begin != end:
        return None
    return int(begin)
