"""VPC, subnets, gateways and addresses."""

from functools import partial

from pulumi_moto.row import Change, Client, Props, Row, State, fields
from pulumi_moto.services.ec2_shapes import arn_of, retag, specification
from pulumi_moto.services.missing import deleting, first
from pulumi_moto.shapes import capitalized, tag_dict

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
    found = first(ec2.describe_vpcs, "Vpcs", VpcIds=[vpc])
    if found is None:
        return None
    dns = {
        name: ec2.describe_vpc_attribute(VpcId=vpc, Attribute=name)[attribute]["Value"]
        for name, attribute in DNS.items()
    }
    groups = ec2.describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    )["SecurityGroups"]
    return {
        "cidrBlock": found["CidrBlock"],
        **dns,
        "tags": tag_dict(found.get("Tags")),
        "arn": arn_of(ec2, found["OwnerId"], "vpc", vpc),
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


ADDRESSES = capitalized("mapPublicIpOnLaunch assignIpv6AddressOnCreation")


def _set_addresses(ec2: Client, subnet: str, props: Props) -> None:
    for name, attribute in ADDRESSES.items():
        # One attribute per call: EC2 refuses two (ModifySubnetAttribute, API reference).
        ec2.modify_subnet_attribute(
            SubnetId=subnet, **{attribute: {"Value": bool(props.get(name))}}
        )


def read_subnet(ec2: Client, subnet: str) -> State | None:
    found = first(ec2.describe_subnets, "Subnets", SubnetIds=[subnet])
    if found is None:
        return None
    return {
        "vpcId": found["VpcId"],
        "cidrBlock": found["CidrBlock"],
        "availabilityZone": found["AvailabilityZone"],
        **{name: found[attribute] for name, attribute in ADDRESSES.items()},
        "tags": tag_dict(found.get("Tags")),
        "arn": arn_of(ec2, found["OwnerId"], "subnet", subnet),
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
    found = first(call, "InternetGateways")
    if found is None:
        return None
    attached = found.get("Attachments") or [{}]
    return {
        "vpcId": attached[0].get("VpcId", ""),
        "tags": tag_dict(found.get("Tags")),
        "arn": arn_of(ec2, found.get("OwnerId", ""), "internet-gateway", gateway),
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
    found = first(ec2.describe_addresses, "Addresses", AllocationIds=[allocation])
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
    found = first(ec2.describe_nat_gateways, "NatGateways", NatGatewayIds=[nat])
    if found is None or found["State"] in {"deleted", "deleting"}:
        return None
    address = found["NatGatewayAddresses"][0]
    return {
        "subnetId": found["SubnetId"],
        "allocationId": address["AllocationId"],
        "tags": tag_dict(found.get("Tags")),
        "publicIp": address.get("PublicIp", ""),
    }


ROWS = (
    Row(
        token="aws:ec2/vpc:Vpc",
        client="ec2",
        source="internal/service/ec2/vpc_.go",
        inputs=fields("cidrBlock tags.*") | {*DNS},
        outputs=fields("arn defaultSecurityGroupId"),
        replaces=fields("cidrBlock"),
        computed=fields("cidrBlock enableDnsHostnames"),
        create=create_vpc,
        read=read_vpc,
        update=update_vpc,
        delete=deleting("delete_vpc", "VpcId"),
    ),
    Row(
        token="aws:ec2/subnet:Subnet",
        client="ec2",
        source="internal/service/ec2/vpc_subnet.go",
        inputs=fields("vpcId cidrBlock availabilityZone tags.*") | {*ADDRESSES},
        outputs=fields("arn"),
        replaces=fields("vpcId cidrBlock availabilityZone"),
        computed=fields("availabilityZone cidrBlock"),
        create=create_subnet,
        read=read_subnet,
        update=update_subnet,
        delete=deleting("delete_subnet", "SubnetId"),
    ),
    Row(
        token="aws:ec2/internetGateway:InternetGateway",
        client="ec2",
        source="internal/service/ec2/vpc_internet_gateway.go",
        inputs=fields("vpcId tags.*"),
        outputs=fields("arn"),
        computed=fields("vpcId"),
        create=create_gateway,
        read=read_gateway,
        update=update_gateway,
        delete=delete_gateway,
    ),
    Row(
        token="aws:ec2/eip:Eip",
        client="ec2",
        source="internal/service/ec2/ec2_eip.go",
        inputs=fields("tags.*"),
        outputs=fields("allocationId publicIp"),
        create=create_eip,
        read=read_eip,
        update=retag,
        delete=deleting("release_address", "AllocationId"),
    ),
    Row(
        token="aws:ec2/natGateway:NatGateway",
        client="ec2",
        source="internal/service/ec2/vpc_nat_gateway.go",
        inputs=fields("subnetId allocationId tags.*"),
        outputs=fields("publicIp"),
        replaces=fields("subnetId allocationId"),
        create=create_nat,
        read=read_nat,
        update=retag,
        delete=deleting("delete_nat_gateway", "NatGatewayId"),
    ),
)
