"""The emulated awsx registers what the real one would, and refuses what it would."""

from collections import Counter
from typing import Any

import pytest

from pulumi_moto.awsx.plan import (
    ASSOCIATION,
    ENDPOINT,
    NAT,
    ROUTE,
    SUBNET,
    TABLE,
    VPC,
    Planned,
    Ref,
    RefusedError,
    outputs,
    plan,
)

S3 = {"serviceName": "com.amazonaws.us-east-1.s3", "vpcEndpointType": "Gateway"}
ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]


def spec(kind: str, first: int) -> dict[str, Any]:
    blocks = [f"10.0.{first + 16 * n}.0/20" for n in range(3)]
    return {"type": kind, "name": kind.lower(), "cidrBlocks": blocks}


def given(**changes: Any) -> dict[str, Any]:
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


def one(children: list[Planned], token: str, name: str) -> Planned:
    (found,) = [child for child in children if (child.token, child.name) == (token, name)]
    return found


def test_three_zones_with_a_nat_gateway_each_are_41_children() -> None:
    counted = Counter(child.token.rsplit(":", 1)[-1] for child in plan("vpc", given()))
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
    subnets = [child.name for child in plan("vpc", given()) if child.token == SUBNET]
    assert subnets == [
        f"vpc-{tier}-{n}" for n in (1, 2, 3) for tier in ("public", "private", "isolated")
    ]


def test_children_have_their_parents() -> None:
    children = plan("vpc", given())
    subnet = one(children, SUBNET, "vpc-public-2")
    table = one(children, TABLE, "vpc-public-2")
    assert subnet.parent == one(children, VPC, "vpc").key
    assert table.parent == subnet.key
    assert one(children, NAT, "vpc-2").parent == subnet.key
    for token in (ASSOCIATION, ROUTE):
        assert one(children, token, "vpc-public-2").parent == table.key


def test_children_carry_the_tags_a_name_and_their_tier() -> None:
    children = plan("vpc", given())
    assert one(children, VPC, "vpc").inputs["tags"] == {"Name": "vpc", "Stack": "test"}
    own = {"Name": "vpc-isolated-1", "Stack": "test", "SubnetType": "Isolated"}
    assert one(children, SUBNET, "vpc-isolated-1").inputs["tags"] == own
    assert one(children, TABLE, "vpc-isolated-1").inputs["tags"] == own
    assert one(children, NAT, "vpc-1").inputs["tags"] == {"Name": "vpc-1", "Stack": "test"}


def test_only_public_subnets_assign_addresses_and_only_isolated_ones_have_no_route() -> None:
    children = plan("vpc", given())
    gives = {
        child.name: child.inputs["mapPublicIpOnLaunch"]
        for child in children
        if child.token == SUBNET
    }
    assert gives == {name: "public" in name for name in gives}
    out = {child.name for child in children if child.token == ROUTE}
    assert out == {name for name in gives if "isolated" not in name}


def test_a_tier_keeps_its_blocks_in_any_order_of_tiers() -> None:
    tiers = [spec("Isolated", 128), spec("Private", 64), spec("Public", 0)]
    children = plan("vpc", given(subnetSpecs=tiers))
    assert one(children, SUBNET, "vpc-private-2").inputs["cidrBlock"] == "10.0.80.0/20"
    assert [child.key for child in children] == [child.key for child in plan("vpc", given())]


def test_the_vpc_has_awsx_s_own_block_if_none_is_given() -> None:
    without = {key: value for key, value in given().items() if key != "cidrBlock"}
    assert one(plan("vpc", without), VPC, "vpc").inputs["cidrBlock"] == "10.0.0.0/16"


def test_without_nat_gateways_private_subnets_have_no_route() -> None:
    children = plan("vpc", given(natGateways={"strategy": "None"}))
    assert {child.name for child in children if child.token == ROUTE} == {
        "vpc-public-1",
        "vpc-public-2",
        "vpc-public-3",
    }
    assert not [child for child in children if child.token == NAT]


def test_awsx_creates_a_nat_gateway_per_zone_by_default() -> None:
    without = {key: value for key, value in given().items() if key != "natGateways"}
    assert plan("vpc", without) == plan("vpc", given())


def test_public_and_isolated_subnets_suffice_for_a_nat_gateway() -> None:
    children = plan("vpc", given(subnetSpecs=[spec("Public", 0), spec("Isolated", 128)]))
    assert len([child for child in children if child.token == NAT]) == 3


def test_each_zone_s_private_subnet_goes_out_through_its_own_nat_gateway() -> None:
    children = plan("vpc", given())
    for zone in (1, 2, 3):
        route = one(children, ROUTE, f"vpc-private-{zone}")
        assert route.inputs["natGatewayId"] == Ref(one(children, NAT, f"vpc-{zone}").key, "id")


def test_every_reference_is_to_something_planned_before() -> None:
    seen: set[str] = set()
    for child in plan("vpc", given()):
        refs = [value for value in child.inputs.values() if isinstance(value, Ref)]
        assert {ref.key for ref in refs} <= seen
        assert child.parent is None or child.parent in seen
        seen.add(child.key)


def test_one_nat_gateway_serves_every_zone_when_there_is_one() -> None:
    children = plan("vpc", given(natGateways={"strategy": "Single"}))
    (nat,) = [child for child in children if child.token == NAT]
    private = [c for c in children if c.token == ROUTE and "private" in c.name]
    assert {child.inputs["natGatewayId"] for child in private} == {Ref(nat.key, "id")}


def test_a_gateway_endpoint_is_in_every_route_table() -> None:
    children = plan("vpc", given(vpcEndpointStrategy="Auto", vpcEndpointSpecs=[S3]))
    tables = [Ref(child.key, "id") for child in children if child.token == TABLE]
    assert one(children, ENDPOINT, S3["serviceName"]).inputs["routeTableIds"] == tables
    assert len(tables) == 9


def test_a_gateway_endpoint_carries_the_vpc_s_tags_and_its_own() -> None:
    tagged = {**S3, "tags": {"Component": "storage"}}
    children = plan("vpc", given(vpcEndpointStrategy="Auto", vpcEndpointSpecs=[tagged]))
    endpoint = one(children, ENDPOINT, S3["serviceName"])
    assert endpoint.inputs["tags"] == {"Name": "vpc", "Stack": "test", "Component": "storage"}


def test_outputs_list_the_subnets_of_each_tier_in_the_order_of_the_zones() -> None:
    found = outputs("vpc", plan("vpc", given()))
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
        ({"availabilityZoneNames": []}, "named zones"),
        ({"subnetSpecs": [spec("Unused", 0)]}, "has the type Unused"),
        ({"subnetSpecs": [{**spec("Public", 0), "size": 4096}]}, "size, which is not emulated"),
        (
            {"subnetSpecs": [spec("Public", 0)]},
            "needs public subnets, and private or isolated ones",
        ),
        ({"natGateways": {"strategy": "TwoPerAz"}}, "strategy TwoPerAz is unknown"),
        (
            {"natGateways": {"elasticIpAllocationIds": ["eipalloc-1"]}},
            "elasticIpAllocationIds, which is not emulated",
        ),
        ({"vpcEndpointSpecs": [S3]}, "only gateway endpoints with the Auto strategy"),
        (
            {
                "vpcEndpointStrategy": "Auto",
                "vpcEndpointSpecs": [{**S3, "vpcEndpointType": "Interface"}],
            },
            "only gateway endpoints with the Auto strategy",
        ),
    ],
)
def test_invalid_layouts_are_refused_as_in_awsx(changes: dict[str, Any], refusal: str) -> None:
    with pytest.raises(RefusedError, match=refusal):
        plan("vpc", given(**changes))
