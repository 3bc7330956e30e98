"""VPC, subnets, gateways, addresses and routes."""

from functools import partial
from typing import Any

from emulator.row import Change, Client, Props, Row, State
from emulator.services.ec2_tags import retag, specification
from emulator.services.missing import found_or_none, ignore_missing
from emulator.shapes import tag_dict

ARN = "arn:aws:ec2:{region}:{owner}:{kind}/{id}"


def _arn(ec2: Client, owner: str, kind: str, physical_id: str) -> str:
    return ARN.format(region=ec2.meta.region_name, owner=owner, kind=kind, id=physical_id)


def _first(call: Any, key: str) -> dict[str, Any] | None:
    answer = found_or_none(call)
    found: list[dict[str, Any]] = answer[key] if answer else []
    return found[0] if found else None


# VPC

DNS = {"enableDnsSupport": "EnableDnsSupport", "enableDnsHostnames": "EnableDnsHostnames"}


def create_vpc(ec2: Client, props: Props) -> str:
    made = ec2.create_vpc(CidrBlock=props["cidrBlock"], **specification("vpc", props))
    vpc = str(made["Vpc"]["VpcId"])
    _set_dns(ec2, vpc, props)
    return vpc


def _set_dns(ec2: Client, vpc: str, props: Props) -> None:
    for name, attribute in DNS.items():
        if name in props:
            ec2.modify_vpc_attribute(VpcId=vpc, **{attribute: {"Value": props[name]}})


def read_vpc(ec2: Client, vpc: str) -> State | None:
    found = _first(partial(ec2.describe_vpcs, VpcIds=[vpc]), "Vpcs")
    if found is None:
        return None
    dns = {
        name: ec2.describe_vpc_attribute(VpcId=vpc, Attribute=name)[attribute]["Value"]
        for name, attribute in DNS.items()
    }
    groups = ec2.describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [vpc]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )["SecurityGroups"]
    return {
        "cidrBlock": found["CidrBlock"],
        **dns,
        "tags": tag_dict(found.get("Tags")),
        "arn": _arn(ec2, found["OwnerId"], "vpc", vpc),
        "defaultSecurityGroupId": groups[0]["GroupId"],
    }


def update_vpc(ec2: Client, vpc: str, change: Change) -> None:
    _set_dns(ec2, vpc, change.new)
    retag(ec2, vpc, change)


# Subnet


def create_subnet(ec2: Client, props: Props) -> str:
    made = ec2.create_subnet(
        VpcId=props["vpcId"],
        CidrBlock=props["cidrBlock"],
        AvailabilityZone=props["availabilityZone"],
        **specification("subnet", props),
    )
    subnet = str(made["Subnet"]["SubnetId"])
    _set_addresses(ec2, subnet, props)
    return subnet


ADDRESSES = {
    "mapPublicIpOnLaunch": "MapPublicIpOnLaunch",
    "assignIpv6AddressOnCreation": "AssignIpv6AddressOnCreation",
}


def _set_addresses(ec2: Client, subnet: str, props: Props) -> None:
    for name, attribute in ADDRESSES.items():
        # One attribute a call: EC2 refuses two of them (ModifySubnetAttribute, API reference).
        ec2.modify_subnet_attribute(
            SubnetId=subnet, **{attribute: {"Value": bool(props.get(name))}}
        )


def read_subnet(ec2: Client, subnet: str) -> State | None:
    found = _first(partial(ec2.describe_subnets, SubnetIds=[subnet]), "Subnets")
    if found is None:
        return None
    return {
        "vpcId": found["VpcId"],
        "cidrBlock": found["CidrBlock"],
        "availabilityZone": found["AvailabilityZone"],
        **{name: found[attribute] for name, attribute in ADDRESSES.items()},
        "tags": tag_dict(found.get("Tags")),
        "arn": _arn(ec2, found["OwnerId"], "subnet", subnet),
    }


def update_subnet(ec2: Client, subnet: str, change: Change) -> None:
    _set_addresses(ec2, subnet, change.new)
    retag(ec2, subnet, change)


# Internet gateway


def create_gateway(ec2: Client, props: Props) -> str:
    made = ec2.create_internet_gateway(**specification("internet-gateway", props))
    gateway = str(made["InternetGateway"]["InternetGatewayId"])
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=props["vpcId"])
    return gateway


def read_gateway(ec2: Client, gateway: str) -> State | None:
    call = partial(ec2.describe_internet_gateways, InternetGatewayIds=[gateway])
    found = _first(call, "InternetGateways")
    if found is None:
        return None
    attached = found.get("Attachments") or [{}]
    return {
        "vpcId": attached[0].get("VpcId", ""),
        "tags": tag_dict(found.get("Tags")),
        "arn": _arn(ec2, found.get("OwnerId", ""), "internet-gateway", gateway),
    }


def update_gateway(ec2: Client, gateway: str, change: Change) -> None:
    if "vpcId" in change.keys:
        if old := change.old.get("vpcId"):
            ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=old)
        if new := change.new.get("vpcId"):
            ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=new)
    retag(ec2, gateway, change)


def delete_gateway(ec2: Client, gateway: str, _state: Props) -> None:
    found = read_gateway(ec2, gateway)
    if found is None:
        return
    if found["vpcId"]:
        ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=found["vpcId"])
    ec2.delete_internet_gateway(InternetGatewayId=gateway)


# Elastic IP and NAT gateway


def create_eip(ec2: Client, props: Props) -> str:
    made = ec2.allocate_address(Domain="vpc", **specification("elastic-ip", props))
    return str(made["AllocationId"])


def read_eip(ec2: Client, allocation: str) -> State | None:
    found = _first(partial(ec2.describe_addresses, AllocationIds=[allocation]), "Addresses")
    if found is None:
        return None
    return {
        "tags": tag_dict(found.get("Tags")),
        "allocationId": allocation,
        "publicIp": found["PublicIp"],
    }


def create_nat(ec2: Client, props: Props) -> str:
    made = ec2.create_nat_gateway(
        SubnetId=props["subnetId"],
        AllocationId=props["allocationId"],
        **specification("natgateway", props),
    )
    return str(made["NatGateway"]["NatGatewayId"])


def read_nat(ec2: Client, nat: str) -> State | None:
    found = _first(partial(ec2.describe_nat_gateways, NatGatewayIds=[nat]), "NatGateways")
    if found is None or found["State"] in {"deleted", "deleting"}:
        return None
    address = found["NatGatewayAddresses"][0]
    return {
        "subnetId": found["SubnetId"],
        "allocationId": address["AllocationId"],
        "tags": tag_dict(found.get("Tags")),
        "publicIp": address.get("PublicIp", ""),
    }


# Route table, route, association


def create_table(ec2: Client, props: Props) -> str:
    made = ec2.create_route_table(VpcId=props["vpcId"], **specification("route-table", props))
    return str(made["RouteTable"]["RouteTableId"])


def _table(ec2: Client, table: str) -> dict[str, Any] | None:
    return _first(partial(ec2.describe_route_tables, RouteTableIds=[table]), "RouteTables")


def read_table(ec2: Client, table: str) -> State | None:
    found = _table(ec2, table)
    if found is None:
        return None
    return {"vpcId": found["VpcId"], "tags": tag_dict(found.get("Tags"))}


TARGETS = {"gatewayId": "GatewayId", "natGatewayId": "NatGatewayId"}


def create_route(ec2: Client, props: Props) -> str:
    table, block = props["routeTableId"], props["destinationCidrBlock"]
    target = {aws: props[name] for name, aws in TARGETS.items() if props.get(name)}
    ec2.create_route(RouteTableId=table, DestinationCidrBlock=block, **target)
    return f"{table}_{block}"


def read_route(ec2: Client, route: str) -> State | None:
    table, block = route.split("_", 1)
    found = _table(ec2, table)
    routes = found["Routes"] if found else []
    match = next((r for r in routes if r.get("DestinationCidrBlock") == block), None)
    if match is None:
        return None
    targets = {name: match[aws] for name, aws in TARGETS.items() if match.get(aws)}
    return {"routeTableId": table, "destinationCidrBlock": block, **targets}


def update_route(ec2: Client, route: str, change: Change) -> None:
    table, block = route.split("_", 1)
    target = {aws: change.new[name] for name, aws in TARGETS.items() if change.new.get(name)}
    ec2.replace_route(RouteTableId=table, DestinationCidrBlock=block, **target)


def delete_route(ec2: Client, route: str, _state: Props) -> None:
    table, block = route.split("_", 1)
    if read_route(ec2, route) is not None:
        ec2.delete_route(RouteTableId=table, DestinationCidrBlock=block)


def create_association(ec2: Client, props: Props) -> str:
    made = ec2.associate_route_table(RouteTableId=props["routeTableId"], SubnetId=props["subnetId"])
    return str(made["AssociationId"])


def _association(ec2: Client, physical_id: str) -> dict[str, Any] | None:
    """By its own id or by its subnet's, which has one association at most."""
    kind = "subnet-id" if physical_id.startswith("subnet-") else "route-table-association-id"
    tables = ec2.describe_route_tables(
        Filters=[{"Name": f"association.{kind}", "Values": [physical_id]}]
    )["RouteTables"]
    for table in tables:
        for found in table["Associations"]:
            if physical_id in {found["RouteTableAssociationId"], found.get("SubnetId")}:
                return dict(found)
    return None


def read_association(ec2: Client, physical_id: str) -> State | None:
    found = _association(ec2, physical_id)
    if found is None:
        return None
    return {"routeTableId": found["RouteTableId"], "subnetId": found["SubnetId"]}


def update_association(ec2: Client, physical_id: str, change: Change) -> None:
    """Put another table in its place. AWS gives the association another id then."""
    found = _association(ec2, str(change.old.get("subnetId", physical_id)))
    if found is None:
        raise LookupError(f"{physical_id} is gone")
    ec2.replace_route_table_association(
        AssociationId=found["RouteTableAssociationId"], RouteTableId=change.new["routeTableId"]
    )


def delete_association(ec2: Client, physical_id: str, state: Props) -> None:
    found = _association(ec2, str(state.get("subnetId", physical_id)))
    if found is not None:
        ec2.disassociate_route_table(AssociationId=found["RouteTableAssociationId"])


ROWS = (
    Row(
        token="aws:ec2/vpc:Vpc",
        client="ec2",
        source="internal/service/ec2/vpc_.go",
        inputs=frozenset({"cidrBlock", *DNS, "tags.*"}),
        outputs=frozenset({"arn", "defaultSecurityGroupId"}),
        replaces=frozenset({"cidrBlock"}),
        computed=frozenset({"cidrBlock", "enableDnsHostnames"}),
        create=create_vpc,
        read=read_vpc,
        update=update_vpc,
        delete=lambda ec2, vpc, _state: ignore_missing(lambda: ec2.delete_vpc(VpcId=vpc)),
    ),
    Row(
        token="aws:ec2/subnet:Subnet",
        client="ec2",
        source="internal/service/ec2/vpc_subnet.go",
        inputs=frozenset({"vpcId", "cidrBlock", "availabilityZone", *ADDRESSES, "tags.*"}),
        outputs=frozenset({"arn"}),
        replaces=frozenset({"vpcId", "cidrBlock", "availabilityZone"}),
        computed=frozenset({"availabilityZone", "cidrBlock"}),
        create=create_subnet,
        read=read_subnet,
        update=update_subnet,
        delete=lambda ec2, subnet, _state: ignore_missing(
            lambda: ec2.delete_subnet(SubnetId=subnet)
        ),
    ),
    Row(
        token="aws:ec2/internetGateway:InternetGateway",
        client="ec2",
        source="internal/service/ec2/vpc_internet_gateway.go",
        inputs=frozenset({"vpcId", "tags.*"}),
        outputs=frozenset({"arn"}),
        computed=frozenset({"vpcId"}),
        create=create_gateway,
        read=read_gateway,
        update=update_gateway,
        delete=delete_gateway,
    ),
    Row(
        token="aws:ec2/eip:Eip",
        client="ec2",
        source="internal/service/ec2/ec2_eip.go",
        inputs=frozenset({"tags.*"}),
        outputs=frozenset({"allocationId", "publicIp"}),
        create=create_eip,
        read=read_eip,
        update=retag,
        delete=lambda ec2, eip, _state: ignore_missing(
            lambda: ec2.release_address(AllocationId=eip)
        ),
    ),
    Row(
        token="aws:ec2/natGateway:NatGateway",
        client="ec2",
        source="internal/service/ec2/vpc_nat_gateway.go",
        inputs=frozenset({"subnetId", "allocationId", "tags.*"}),
        outputs=frozenset({"publicIp"}),
        replaces=frozenset({"subnetId", "allocationId"}),
        create=create_nat,
        read=read_nat,
        update=retag,
        delete=lambda ec2, nat, _state: ignore_missing(
            lambda: ec2.delete_nat_gateway(NatGatewayId=nat)
        ),
    ),
    Row(
        token="aws:ec2/routeTable:RouteTable",
        client="ec2",
        source="internal/service/ec2/vpc_route_table.go",
        inputs=frozenset({"vpcId", "tags.*"}),
        replaces=frozenset({"vpcId"}),
        create=create_table,
        read=read_table,
        update=retag,
        delete=lambda ec2, table, _state: ignore_missing(
            lambda: ec2.delete_route_table(RouteTableId=table)
        ),
    ),
    Row(
        token="aws:ec2/route:Route",
        client="ec2",
        source="internal/service/ec2/vpc_route.go",
        inputs=frozenset({"routeTableId", "destinationCidrBlock", *TARGETS}),
        replaces=frozenset({"routeTableId", "destinationCidrBlock"}),
        create=create_route,
        read=read_route,
        update=update_route,
        delete=delete_route,
    ),
    Row(
        token="aws:ec2/routeTableAssociation:RouteTableAssociation",
        client="ec2",
        source="internal/service/ec2/vpc_route_table_association.go",
        inputs=frozenset({"routeTableId", "subnetId"}),
        replaces=frozenset({"subnetId"}),
        create=create_association,
        read=read_association,
        update=update_association,
        located_by=lambda physical_id, props: str(props.get("subnetId", physical_id)),
        delete=delete_association,
    ),
)
