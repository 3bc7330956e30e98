"""Examples of the network's rows. Each makes what it needs in the test's empty account."""

import json
from typing import Any

import boto3

from row_example import Example

TAGS = {"Stack": "test"}
OTHER = {"Stack": "other", "More": "yes"}
ZONE = "us-east-1a"


def ec2() -> Any:
    return boto3.client("ec2")


def vpc() -> str:
    return str(ec2().create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])


def subnet(vpc_id: str | None = None, block: str = "10.0.0.0/24", zone: str = ZONE) -> str:
    made = ec2().create_subnet(VpcId=vpc_id or vpc(), CidrBlock=block, AvailabilityZone=zone)
    return str(made["Subnet"]["SubnetId"])


def group(vpc_id: str, name: str = "some") -> str:
    made = ec2().create_security_group(GroupName=name, Description="d", VpcId=vpc_id)
    return str(made["GroupId"])


def table(vpc_id: str) -> str:
    return str(ec2().create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"])


def gateway(vpc_id: str) -> str:
    made = ec2().create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2().attach_internet_gateway(InternetGatewayId=made, VpcId=vpc_id)
    return str(made)


def eip() -> str:
    return str(ec2().allocate_address(Domain="vpc")["AllocationId"])


def nat(subnet_id: str) -> str:
    made = ec2().create_nat_gateway(SubnetId=subnet_id, AllocationId=eip())
    return str(made["NatGateway"]["NatGatewayId"])


def route() -> dict[str, Any]:
    network = vpc()
    return {
        "routeTableId": table(network),
        "destinationCidrBlock": "0.0.0.0/0",
        "natGatewayId": nat(subnet(network)),
    }


def association() -> dict[str, Any]:
    network = vpc()
    return {"routeTableId": table(network), "subnetId": subnet(network)}


def another_table(given: dict[str, Any]) -> dict[str, Any]:
    (found,) = ec2().describe_route_tables(RouteTableIds=[given["routeTableId"]])["RouteTables"]
    return {"routeTableId": table(found["VpcId"])}


def endpoint() -> dict[str, Any]:
    network = vpc()
    return {
        "vpcId": network,
        "serviceName": "com.amazonaws.us-east-1.logs",
        "vpcEndpointType": "Interface",
        "privateDnsEnabled": True,
        "subnetIds": [subnet(network)],
        "routeTableIds": [table(network)],
        "securityGroupIds": [group(network)],
        "tags": TAGS,
    }


def flow_log() -> dict[str, Any]:
    boto3.client("logs").create_log_group(logGroupName="flow")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    trust = {"Version": "2012-10-17", "Statement": [statement]}
    role = boto3.client("iam").create_role(
        RoleName="flow", AssumeRolePolicyDocument=json.dumps(trust)
    )
    return {
        "vpcId": vpc(),
        "trafficType": "ALL",
        "logDestinationType": "cloud-watch-logs",
        "logDestination": "arn:aws:logs:us-east-1:123456789012:log-group:flow",
        "iamRoleArn": role["Role"]["Arn"],
        "tags": TAGS,
    }


def rule() -> dict[str, Any]:
    network = vpc()
    return {
        "securityGroupId": group(network),
        "referencedSecurityGroupId": group(network, "other"),
        "ipProtocol": "tcp",
        "fromPort": 443,
        "toPort": 443,
        "tags": TAGS,
    }


def open_rule() -> dict[str, Any]:
    closed = rule()
    del closed["referencedSecurityGroupId"]
    return {**closed, "cidrIpv4": "10.0.0.0/16"}


EXAMPLES = {
    "aws:ec2/vpc:Vpc": Example(
        inputs=lambda: {
            "cidrBlock": "10.0.0.0/16",
            "enableDnsHostnames": True,
            "enableDnsSupport": True,
            "tags": TAGS,
        },
        change={"enableDnsHostnames": False, "tags": OTHER},
        more={"enableDnsSupport": {"enableDnsSupport": False, "enableDnsHostnames": False}},
    ),
    "aws:ec2/subnet:Subnet": Example(
        inputs=lambda: {
            "vpcId": vpc(),
            "cidrBlock": "10.0.0.0/20",
            "availabilityZone": ZONE,
            "mapPublicIpOnLaunch": True,
            "assignIpv6AddressOnCreation": False,
            "tags": TAGS,
        },
        change={"mapPublicIpOnLaunch": False, "assignIpv6AddressOnCreation": True, "tags": OTHER},
    ),
    "aws:ec2/internetGateway:InternetGateway": Example(
        inputs=lambda: {"vpcId": vpc(), "tags": TAGS},
        change={"tags": OTHER},
        more={"vpcId": lambda _: {"vpcId": vpc()}},
    ),
    "aws:ec2/eip:Eip": Example(inputs=lambda: {"tags": TAGS}, change={"tags": OTHER}),
    "aws:ec2/natGateway:NatGateway": Example(
        inputs=lambda: {"subnetId": subnet(), "allocationId": eip(), "tags": TAGS},
        change={"tags": OTHER},
    ),
    "aws:ec2/routeTable:RouteTable": Example(
        inputs=lambda: {"vpcId": vpc(), "tags": TAGS}, change={"tags": OTHER}
    ),
    "aws:ec2/route:Route": Example(
        inputs=route,
        alternatives=({"gatewayId": "igw-1"},),
        change=lambda: {"natGatewayId": nat(subnet())},
        more={"gatewayId": lambda _: {"natGatewayId": None, "gatewayId": gateway(vpc())}},
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Example(
        inputs=association, more={"routeTableId": another_table}
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Example(
        inputs=endpoint,
        change={"securityGroupIds": [], "privateDnsEnabled": False, "tags": OTHER},
        more={
            "subnetIds": lambda given: {
                "subnetIds": [*given["subnetIds"], subnet(given["vpcId"], "10.0.9.0/24")]
            },
            "routeTableIds": lambda given: {"routeTableIds": [table(given["vpcId"])]},
        },
    ),
    "aws:ec2/flowLog:FlowLog": Example(inputs=flow_log, change={"tags": OTHER}),
    "aws:ec2/securityGroup:SecurityGroup": Example(
        inputs=lambda: {"name": "tasks", "description": "d", "vpcId": vpc(), "tags": TAGS},
        change={"tags": OTHER},
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Example(
        inputs=lambda: {"vpcId": vpc(), "ingress": [], "egress": [], "tags": TAGS},
        change={"tags": OTHER},
        untried=dict.fromkeys(("ingress", "egress"), "only an emptied group is emulated"),
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Example(
        inputs=rule,
        alternatives=({"cidrIpv4": "10.0.0.0/16"},),
        change={"fromPort": 80, "toPort": 8443, "ipProtocol": "udp", "tags": OTHER},
        more={
            "referencedSecurityGroupId": lambda _: {
                "referencedSecurityGroupId": group(vpc(), "third")
            }
        },
        untried={"cidrIpv4": "a rule that names a group; the other direction names an address"},
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Example(
        inputs=open_rule,
        alternatives=({"referencedSecurityGroupId": "sg-1"},),
        change={
            "cidrIpv4": "10.0.1.0/24",
            "fromPort": 80,
            "toPort": 8443,
            "ipProtocol": "udp",
            "tags": OTHER,
        },
        untried={
            "referencedSecurityGroupId": "a rule that names an address; the other direction names "
            "a group"
        },
    ),
}
