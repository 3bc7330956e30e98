"""Which subnets have a way to the internet, by their routes."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_policy import PolicyResource
from pulumi_policy.proxy import UnknownValueError

from guardrails.addresses import is_world
from guardrails.reading import given, items, of_type
from guardrails.references import depended_on, named

SUBNET = "aws:ec2/subnet:Subnet"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
TABLE = "aws:ec2/routeTable:RouteTable"
ROUTE = "aws:ec2/route:Route"
GATEWAYS = ("gatewayId", "natGatewayId", "egressOnlyGatewayId")
BLOCKS = ("destinationCidrBlock", "destinationIpv6CidrBlock", "cidrBlock", "ipv6CidrBlock")


def isolated(resources: Sequence[PolicyResource], group: PolicyResource) -> bool:
    """Whether every subnet of a subnet group has a route table that leads nowhere.

    A subnet without a table of its own uses the VPC's main table, which whoever needs a way out
    may give one. Raises UnknownValueError if the ids aren't known, and some of the subnets that
    they may be are isolated and some are not.
    """
    leading_out = _leading_out(resources)
    inside = set[str]()
    for association in of_type(resources, ASSOCIATION):
        if not named(resources, association, "routeTableId", TABLE) & leading_out:
            inside |= named(resources, association, "subnetId", SUBNET)
    try:
        subnets = named(resources, group, "subnetIds", SUBNET)
    except UnknownValueError:
        subnets = depended_on(group, "subnetIds", SUBNET)
        if subnets & inside and not subnets <= inside:
            raise
    return bool(subnets) and subnets <= inside


def _leading_out(resources: Sequence[PolicyResource]) -> set[str]:
    """The tables with a way to the internet, as `named` names them."""
    found = {
        table.urn
        for table in of_type(resources, TABLE)
        if any(_leads_out(route) for route in items(table.props, "routes"))
    }
    for route in of_type(resources, ROUTE):
        if _leads_out(route.props):
            found |= named(resources, route, "routeTableId", TABLE)
    return found


def _leads_out(route: Mapping[str, Any]) -> bool:
    return any(given(route, key) for key in GATEWAYS) or any(
        is_world(route[key]) for key in BLOCKS if given(route, key)
    )
