"""The resources that awsx's `Vpc` registers, as data.

Follows awsx's source (3.11, `awsx/ec2/vpc.ts`) for explicit blocks (every subnet spec with
`cidrBlocks`): names, types, parents, inputs, tags and order. construct.py registers them in the
engine.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pulumi_moto.row import Props
from pulumi_moto.shapes import Members

VPC = "aws:ec2/vpc:Vpc"
GATEWAY = "aws:ec2/internetGateway:InternetGateway"
SUBNET = "aws:ec2/subnet:Subnet"
TABLE = "aws:ec2/routeTable:RouteTable"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
ROUTE = "aws:ec2/route:Route"
EIP = "aws:ec2/eip:Eip"
NAT = "aws:ec2/natGateway:NatGateway"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
WORLD = "0.0.0.0/0"
TIERS = ("Public", "Private", "Isolated")
"""The order of a zone's subnets in awsx: a NAT gateway comes before the routes to it."""
STRATEGIES = ("OnePerAz", "Single", "None")
CARRIED = frozenset(
    {
        "cidrBlock",
        "availabilityZoneNames",
        "enableDnsHostnames",
        "enableDnsSupport",
        "subnetStrategy",
        "subnetSpecs",
        "natGateways",
        "vpcEndpointStrategy",
        "vpcEndpointSpecs",
        "tags",
    }
)
"""Inputs of the component that are emulated; any other is refused."""
SPEC = frozenset({"type", "name", "cidrBlocks"})
NAT_CONFIG = frozenset({"strategy"})
ENDPOINT_SPEC = frozenset({"serviceName", "vpcEndpointType", "tags"})


class RefusedError(Exception):
    """awsx refuses the inputs, or they are not emulated; the message is one sentence."""


@dataclass(frozen=True)
class Ref:
    """An output of another planned resource."""

    key: str
    output: str


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One resource that the component registers."""

    token: str
    name: str
    inputs: Props
    parent: str | None = field(default=None)
    """Key of the planned parent; None for the component itself."""

    @property
    def key(self) -> str:
        return f"{self.token}::{self.name}"


def plan(name: str, inputs: Props) -> list[Planned]:
    """Return the children of `awsx.ec2.Vpc(name, **inputs)`, each after those it refers to.

    Raises RefusedError.
    """
    _check(inputs)
    tags = dict(inputs.get("tags") or {})
    shared = {"Name": name, **tags}
    dns = {k: inputs[k] for k in ("enableDnsHostnames", "enableDnsSupport") if k in inputs}
    vpc = Planned(token=VPC, name=name, inputs={"cidrBlock": _block(inputs), **dns, "tags": shared})
    gateway = Planned(
        token=GATEWAY,
        name=name,
        inputs={"vpcId": Ref(vpc.key, "id"), "tags": shared},
        parent=vpc.key,
    )
    planned = [vpc, gateway]
    strategy = _nat_strategy(inputs)
    nats: list[Planned] = []
    for index, zone in enumerate(inputs["availabilityZoneNames"]):
        for spec in sorted(inputs["subnetSpecs"], key=lambda s: TIERS.index(s["type"])):
            planned += _subnet(name, spec, index, zone, vpc, gateway, shared, tags, strategy, nats)
    return [*planned, *_endpoints(inputs, vpc, planned, shared)]


def _block(inputs: Props) -> str:
    return str(inputs.get("cidrBlock") or "10.0.0.0/16")


def _nat_strategy(inputs: Props) -> str:
    return str((inputs.get("natGateways") or {}).get("strategy") or "OnePerAz")


OUTPUTS = ("vpcId", "publicSubnetIds", "privateSubnetIds", "isolatedSubnetIds")
"""The component's outputs that are emulated."""


def outputs(name: str, planned: list[Planned]) -> Members:
    """Return the emulated outputs as references; any other output is None."""

    def ids(tier: str) -> list[Ref]:
        subnets = [p for p in planned if p.token == SUBNET]
        return [Ref(p.key, "id") for p in subnets if p.inputs["tags"]["SubnetType"] == tier]

    return {
        "vpcId": Ref(f"{VPC}::{name}", "id"),
        "publicSubnetIds": ids("Public"),
        "privateSubnetIds": ids("Private"),
        "isolatedSubnetIds": ids("Isolated"),
    }


def _subnet(  # noqa: PLR0913, PLR0917 - what awsx's own loop has in scope
    name: str,
    spec: Props,
    index: int,
    zone: str,
    vpc: Planned,
    gateway: Planned,
    shared: Mapping[str, str],
    tags: Mapping[str, str],
    strategy: str,
    nats: list[Planned],
) -> Iterator[Planned]:
    """Yield a subnet, its route table, association and default route; append to `nats`."""
    kind = spec["type"]
    own = f"{name}-{spec.get('name') or kind.lower()}-{index + 1}"
    named = {**shared, "Name": own, "SubnetType": kind}
    subnet = Planned(
        token=SUBNET,
        name=own,
        inputs={
            "vpcId": Ref(vpc.key, "id"),
            "availabilityZone": zone,
            "mapPublicIpOnLaunch": kind == "Public",
            "assignIpv6AddressOnCreation": False,
            "cidrBlock": spec["cidrBlocks"][index],
            "tags": named,
        },
        parent=vpc.key,
    )
    table = Planned(
        token=TABLE,
        name=own,
        inputs={"vpcId": Ref(vpc.key, "id"), "tags": named},
        parent=subnet.key,
    )
    yield subnet
    yield table
    yield Planned(
        token=ASSOCIATION,
        name=own,
        inputs={"routeTableId": Ref(table.key, "id"), "subnetId": Ref(subnet.key, "id")},
        parent=table.key,
    )
    if kind == "Public" and (strategy == "OnePerAz" or (strategy == "Single" and not nats)):
        numbered = {**tags, "Name": f"{name}-{index + 1}"}
        eip = Planned(
            token=EIP, name=numbered["Name"], inputs={"tags": numbered}, parent=subnet.key
        )
        nat = Planned(
            token=NAT,
            name=numbered["Name"],
            inputs={
                "subnetId": Ref(subnet.key, "id"),
                "allocationId": Ref(eip.key, "allocationId"),
                "tags": numbered,
            },
            parent=subnet.key,
        )
        nats.append(nat)
        yield eip
        yield nat
    target = _default_route(kind, index, strategy, gateway, nats)
    if target:
        yield Planned(
            token=ROUTE,
            name=own,
            inputs={"routeTableId": Ref(table.key, "id"), "destinationCidrBlock": WORLD, **target},
            parent=table.key,
        )


def _default_route(
    kind: str, index: int, strategy: str, gateway: Planned, nats: list[Planned]
) -> dict[str, Ref]:
    if kind == "Public":
        return {"gatewayId": Ref(gateway.key, "id")}
    if kind == "Private" and strategy != "None":
        nat = nats[0] if strategy == "Single" else nats[index]
        return {"natGatewayId": Ref(nat.key, "id")}
    return {}


def _endpoints(
    inputs: Props, vpc: Planned, planned: list[Planned], shared: Mapping[str, str]
) -> Iterator[Planned]:
    """With the Auto strategy a gateway endpoint is in each planned route table."""
    tables = [Ref(p.key, "id") for p in planned if p.token == TABLE]
    for spec in inputs.get("vpcEndpointSpecs") or []:
        yield Planned(
            token=ENDPOINT,
            name=spec["serviceName"],
            inputs={
                "vpcId": Ref(vpc.key, "id"),
                "serviceName": spec["serviceName"],
                "vpcEndpointType": spec["vpcEndpointType"],
                "routeTableIds": tables,
                "tags": {**shared, **(spec.get("tags") or {})},
            },
            parent=vpc.key,
        )


def _check(inputs: Props) -> None:
    _known("awsx.ec2.Vpc", inputs, CARRIED)
    specs = inputs.get("subnetSpecs") or []
    zones = inputs.get("availabilityZoneNames") or []
    if inputs.get("subnetStrategy") != "Auto" or not specs or not zones:
        raise RefusedError(
            "awsx.ec2.Vpc is emulated with subnetStrategy Auto, named zones and explicit "
            "cidrBlocks; extend pulumi_moto/awsx/plan.py for another layout."
        )
    for spec in specs:
        _known("a subnet spec", spec, SPEC)
        if spec.get("type") not in TIERS:
            raise RefusedError(
                f"A subnet spec has the type {spec.get('type')}; use one of {', '.join(TIERS)}."
            )
        blocks = spec.get("cidrBlocks") or []
        if len(blocks) != len(zones):
            raise RefusedError(
                f"The {spec['type']} spec has {len(blocks)} cidrBlocks for {len(zones)} zones; "
                "awsx requires one for each zone."
            )
    for spec in inputs.get("vpcEndpointSpecs") or []:
        _known("an endpoint spec", spec, ENDPOINT_SPEC)
        if spec.get("vpcEndpointType") != "Gateway" or inputs.get("vpcEndpointStrategy") != "Auto":
            raise RefusedError(
                f"{spec['serviceName']}: only gateway endpoints with the Auto strategy are emulated"
            )
    _check_blocks(_block(inputs), [block for spec in specs for block in spec["cidrBlocks"]])
    _check_nat(inputs, {spec["type"] for spec in specs})


def _check_nat(inputs: Props, kinds: set[str]) -> None:
    _known("natGateways", inputs.get("natGateways") or {}, NAT_CONFIG)
    strategy = _nat_strategy(inputs)
    if strategy not in STRATEGIES:
        raise RefusedError(
            f"NAT gateway strategy {strategy} is unknown; use one of {', '.join(STRATEGIES)}."
        )
    if strategy != "None" and ("Public" not in kinds or kinds == {"Public"}):
        raise RefusedError(
            f"NAT gateway strategy {strategy} needs public subnets, and private or isolated ones; "
            f"the specs have {', '.join(sorted(kinds))}."
        )


def _check_blocks(vpc_block: str, blocks: list[str]) -> None:
    vpc = ipaddress.ip_network(vpc_block)
    networks = [ipaddress.ip_network(block) for block in blocks]
    for position, network in enumerate(networks):
        if not network.subnet_of(vpc):  # type: ignore[arg-type] # both are IPv4
            raise RefusedError(f"Subnet {network} is not within the VPC's {vpc}.")
        for other in networks[:position]:
            if network.overlaps(other):
                raise RefusedError(f"Subnets {other} and {network} overlap.")


def _known(what: str, given: Props, known: frozenset[str]) -> None:
    if unknown := sorted(set(given) - known):
        raise RefusedError(
            f"{what} has {', '.join(unknown)}, which is not emulated; "
            "extend pulumi_moto/awsx/plan.py."
        )
