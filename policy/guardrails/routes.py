"""Subnets with a route to the internet."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_policy import PolicyResource
from pulumi_policy.proxy import UnknownValueError

from guardrails.addresses import is_internet
from guardrails.reading import given, items, of_type
from guardrails.references import depended_on, named

SUBNET = "aws:ec2/subnet:Subnet"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
TABLE = "aws:ec2/routeTable:RouteTable"
ROUTE = "aws:ec2/route:Route"
ROUTING = (SUBNET, ASSOCIATION, TABLE, ROUTE)
GATEWAYS = ("gatewayId", "natGatewayId", "egressOnlyGatewayId")
BLOCKS = ("destinationCidrBlock", "destinationIpv6CidrBlock", "cidrBlock", "ipv6CidrBlock")


def isolated(resources: Sequence[PolicyResource], group: PolicyResource) -> bool:
    """Whether every subnet of a subnet group has a route table without a route to the internet.

    A subnet without its own table uses the VPC's main table, and counts as not isolated. Raises
    UnknownValueError if the ids are unknown and only some of the possible subnets are isolated.
    """
    public = _public(resources)
    inside = set[str]()
    for association in of_type(resources, ASSOCIATION):
        if not named(resources, association, "routeTableId", TABLE) & public:
            inside |= named(resources, association, "subnetId", SUBNET)
    try:
        subnets = named(resources, group, "subnetIds", SUBNET)
    except UnknownValueError:
        subnets = depended_on(group, "subnetIds", SUBNET)
        if subnets & inside and not subnets <= inside:
            raise
    return bool(subnets) and subnets <= inside


def _public(resources: Sequence[PolicyResource]) -> set[str]:
    """The tables with a route to the internet: URNs or ids, as `named` returns them."""
    found = {
        table.urn
        for table in of_type(resources, TABLE)
        if any(_to_internet(route) for route in items(table.props, "routes"))
    }
    for route in of_type(resources, ROUTE):
        if _to_internet(route.props):
            found |= named(resources, route, "routeTableId", TABLE)
    return found


def _to_internet(route: Mapping[str, Any]) -> bool:
    return any(given(route, key) for key in GATEWAYS) or any(
        is_internet(route[key]) for key in BLOCKS if given(route, key)
    )
