import json
from dataclasses import replace

import pytest

from components.network import Network, NetworkArgs
from harness import ACCOUNT, REGION, ROLES, allows, declare

ARGS = NetworkArgs(
    roles=ROLES,
    cidr_block="10.0.0.0/16",
    zones=("us-east-1a", "us-east-1b"),
    public_cidrs=("10.0.0.0/20", "10.0.16.0/20"),
    private_cidrs=("10.0.64.0/20", "10.0.80.0/20"),
    isolated_cidrs=("10.0.128.0/20", "10.0.144.0/20"),
    nat_per_zone=True,
    account_id=ACCOUNT,
    region=REGION,
    interface_endpoints=("ecr.api", "logs"),
    flow_log_retention_days=30,
    kms_key_arn="arn:kms",
    tags={"Stack": "test"},
)


def test_every_subnet_has_an_explicit_block_and_zone() -> None:
    vpc = declare(lambda: Network("network", ARGS)).only("awsx:ec2:Vpc")
    assert vpc["availabilityZoneNames"] == ["us-east-1a", "us-east-1b"]
    assert {spec["type"]: spec["cidrBlocks"] for spec in vpc["subnetSpecs"]} == {
        "Public": ["10.0.0.0/20", "10.0.16.0/20"],
        "Private": ["10.0.64.0/20", "10.0.80.0/20"],
        "Isolated": ["10.0.128.0/20", "10.0.144.0/20"],
    }
    assert vpc["subnetStrategy"] == "Auto"


@pytest.mark.parametrize(("per_zone", "strategy"), [(True, "OnePerAz"), (False, "Single")])
def test_nat_gateways(per_zone: bool, strategy: str) -> None:
    args = replace(ARGS, nat_per_zone=per_zone)
    vpc = declare(lambda: Network("network", args)).only("awsx:ec2:Vpc")
    assert vpc["natGateways"]["strategy"] == strategy


def test_s3_is_reached_without_a_nat_gateway() -> None:
    vpc = declare(lambda: Network("network", ARGS)).only("awsx:ec2:Vpc")
    (endpoint,) = vpc["vpcEndpointSpecs"]
    assert endpoint["serviceName"] == "com.amazonaws.us-east-1.s3"
    assert endpoint["vpcEndpointType"] == "Gateway"
    assert vpc["vpcEndpointStrategy"] == "Auto"


def test_the_default_security_group_is_emptied() -> None:
    group = declare(lambda: Network("network", ARGS)).only(
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    )
    assert (group["ingress"], group["egress"]) == ([], [])


def test_all_traffic_is_logged_to_an_encrypted_group_with_retention() -> None:
    declared = declare(lambda: Network("network", ARGS))
    assert declared.only("aws:ec2/flowLog:FlowLog")["trafficType"] == "ALL"
    group = declared.only("aws:cloudwatch/logGroup:LogGroup")
    assert (group["retentionInDays"], group["kmsKeyId"]) == (30, "arn:kms")


def test_interface_endpoints_are_reached_from_the_vpc_only() -> None:
    declared = declare(lambda: Network("network", ARGS))
    services = {
        endpoint["serviceName"]
        for endpoint in declared.all("aws:ec2/vpcEndpoint:VpcEndpoint").values()
    }
    assert services == {"com.amazonaws.us-east-1.ecr.api", "com.amazonaws.us-east-1.logs"}
    rule = declared.only("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert (rule["cidrIpv4"], rule["fromPort"], rule["toPort"]) == ("10.0.0.0/16", 443, 443)


def test_without_interface_endpoints_their_group_is_omitted() -> None:
    args = replace(ARGS, interface_endpoints=())
    declared = declare(lambda: Network("network", args))
    assert declared.all("aws:ec2/securityGroup:SecurityGroup") == {}


def test_a_tier_without_a_block_for_each_zone_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="private_cidrs must have one block for each of 2 zones"):
        replace(ARGS, private_cidrs=("10.0.64.0/20",))


def test_flow_logs_may_describe_and_write_their_group() -> None:
    declared = declare(lambda: Network("network", ARGS))
    statements = json.loads(declared.only("aws:iam/rolePolicy:RolePolicy")["policy"])["Statement"]
    (writes,) = allows(statements, "logs:PutLogEvents")
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:"
    assert all(resource.startswith(f"{group}network-flow") for resource in writes["Resource"])
    (looks,) = allows(statements, "logs:DescribeLogGroups")
    assert looks["Resource"] == f"{group}*"
