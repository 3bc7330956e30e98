"""Which subnets have a way to the internet, by their routes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy import PolicyResource

from guardrails.addresses import is_world
from guardrails.reading import given, items, of_type, pointing_at

ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
TABLE = "aws:ec2/routeTable:RouteTable"
ROUTE = "aws:ec2/route:Route"
GATEWAYS = ("gatewayId", "natGatewayId", "egressOnlyGatewayId")
BLOCKS = ("destinationCidrBlock", "destinationIpv6CidrBlock", "cidrBlock", "ipv6CidrBlock")


def isolated_subnets(resources: Sequence[PolicyResource]) -> set[str]:
    """Ids of the subnets whose route tables lead nowhere.

    A subnet without a table of its own isn't among them: it uses the VPC's main table, which
    whoever needs a way out may give one.
    """
    routes = of_type(resources, ROUTE)
    leading_out = {route.props["routeTableId"] for route in routes if _leads_out(route.props)}
    tables = [
        table
        for table in of_type(resources, TABLE)
        if any(_leads_out(route) for route in items(table.props, "routes"))
    ]
    return {
        association.props["subnetId"]
        for association in _of_subnets(resources)
        if association.props["routeTableId"] not in leading_out
        and not any(pointing_at(association, "routeTableId", table) for table in tables)
    }


def _of_subnets(resources: Sequence[PolicyResource]) -> Iterator[PolicyResource]:
    """Associations; those of a gateway aside."""
    for association in of_type(resources, ASSOCIATION):
        if given(association.props, "subnetId"):
            yield association


def _leads_out(route: Mapping[str, Any]) -> bool:
    return any(given(route, key) for key in GATEWAYS) or any(
        is_world(route[key]) for key in BLOCKS if given(route, key)
    )
