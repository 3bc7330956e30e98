"""The emulated awsx registers what the real one would, and refuses what it would."""

from collections import Counter
from typing import Any

import pytest

from emulator.awsx.plan import NAT, ROUTE, SUBNET, Ref, RefusedError, outputs, plan

ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]


def spec(kind: str, first: int) -> dict[str, Any]:
    blocks = [f"10.0.{first + 16 * n}.0/20" for n in range(3)]
    return {"type": kind, "name": kind.lower(), "cidrBlocks": blocks}


def asked(**changes: Any) -> dict[str, Any]:
    return {
        "cidrBlock": "10.0.0.0/16",
        "availabilityZoneNames": ZONES,
        "enableDnsHostnames": True,
        "enableDnsSupport": True,
        "subnetStrategy": "Auto",
        "subnetSpecs": [spec("Public", 0), spec("Private", 64), spec("Isolated", 128)],
        "natGateways": {"strategy": "OnePerAz"},
        "tags": {"Stack": "test"},
        **changes,
    }


def test_three_zones_with_a_nat_gateway_each_are_the_43_resources_less_the_component() -> None:
    counted = Counter(child.token.rsplit(":", 1)[-1] for child in plan("vpc", asked()))
    assert counted == {
        "Vpc": 1,
        "InternetGateway": 1,
        "Subnet": 9,
        "RouteTable": 9,
        "RouteTableAssociation": 9,
        "Route": 6,
        "Eip": 3,
        "NatGateway": 3,
    }
    assert counted.total() == 41


def test_children_are_named_by_tier_and_zone() -> None:
    subnets = [child.name for child in plan("vpc", asked()) if child.token == SUBNET]
    assert subnets == [
        f"vpc-{tier}-{n}" for n in (1, 2, 3) for tier in ("public", "private", "isolated")
    ]


def test_every_reference_is_to_something_planned_before() -> None:
    seen: set[str] = set()
    for child in plan("vpc", asked()):
        refs = [value for value in child.inputs.values() if isinstance(value, Ref)]
        assert {ref.key for ref in refs} <= seen
        assert child.parent is None or child.parent in seen
        seen.add(child.key)


def test_one_nat_gateway_serves_every_zone_when_there_is_one() -> None:
    children = plan("vpc", asked(natGateways={"strategy": "Single"}))
    (nat,) = [child for child in children if child.token == NAT]
    private = [c for c in children if c.token == ROUTE and "private" in c.name]
    assert {child.inputs["natGatewayId"] for child in private} == {Ref(nat.key, "id")}


def test_a_gateway_endpoint_is_in_every_route_table() -> None:
    endpoint = {"serviceName": "com.amazonaws.us-east-1.s3", "vpcEndpointType": "Gateway"}
    children = plan("vpc", asked(vpcEndpointStrategy="Auto", vpcEndpointSpecs=[endpoint]))
    assert len(children[-1].inputs["routeTableIds"]) == 9


def test_outputs_list_the_subnets_of_each_tier_in_the_order_of_the_zones() -> None:
    found = outputs("vpc", plan("vpc", asked()))
    names = [ref.key.rsplit("::", 1)[1] for ref in found["privateSubnetIds"]]
    assert names == ["vpc-private-1", "vpc-private-2", "vpc-private-3"]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"instanceTenancy": "dedicated"}, "instanceTenancy, which is not emulated"),
        ({"subnetStrategy": "Exact"}, "subnetStrategy Auto"),
        ({"subnetSpecs": [spec("Isolated", 128)]}, "needs public subnets"),
        ({"subnetSpecs": [spec("Public", 0), spec("Private", 0)]}, "overlap"),
        ({"cidrBlock": "10.1.0.0/16"}, "not within the VPC"),
        ({"availabilityZoneNames": ZONES[:2]}, "3 cidrBlocks for 2 zones"),
    ],
)
def test_what_awsx_would_refuse_is_refused(changes: dict[str, Any], refusal: str) -> None:
    with pytest.raises(RefusedError, match=refusal):
        plan("vpc", asked(**changes))
