"""EC2: rules of security groups and endpoints that change in place."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

Client = Any
TCP = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}


@pytest.fixture
def ec2() -> Client:
    return boto3.client("ec2")


@pytest.fixture
def vpc(ec2: Client) -> str:
    return str(ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])


def group(ec2: Client, vpc: str, name: str) -> str:
    made = ec2.create_security_group(GroupName=name, Description="d", VpcId=vpc)
    return str(made["GroupId"])


def allow(ec2: Client, owner: str, **source: Any) -> str:
    made = ec2.authorize_security_group_ingress(GroupId=owner, IpPermissions=[{**TCP, **source}])
    return str(made["SecurityGroupRules"][0]["SecurityGroupRuleId"])


def modify(ec2: Client, owner: str, rule: str, **params: Any) -> None:
    ec2.modify_security_group_rules(
        GroupId=owner,
        SecurityGroupRules=[{"SecurityGroupRuleId": rule, "SecurityGroupRule": params}],
    )


def found(ec2: Client, rule: str) -> dict[str, Any]:
    (one,) = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule])["SecurityGroupRules"]
    return dict(one)


def test_a_rule_gets_other_addresses_ports_and_protocol(ec2: Client, vpc: str) -> None:
    owner = group(ec2, vpc, "owner")
    rule = allow(ec2, owner, IpRanges=[{"CidrIp": "10.0.0.0/24"}])
    modify(ec2, owner, rule, CidrIpv4="10.0.1.0/24", IpProtocol="17", FromPort=53, ToPort=54)
    now = found(ec2, rule)
    assert (now["CidrIpv4"], now["IpProtocol"]) == ("10.0.1.0/24", "udp")
    assert (now["FromPort"], now["ToPort"]) == (53, 54)


def test_a_rule_names_another_group_and_every_protocol(ec2: Client, vpc: str) -> None:
    owner, first, second = (group(ec2, vpc, name) for name in ("owner", "first", "second"))
    rule = allow(ec2, owner, UserIdGroupPairs=[{"GroupId": first}])
    modify(ec2, owner, rule, ReferencedGroupId=second, IpProtocol="-1")
    now = found(ec2, rule)
    assert now["ReferencedGroupInfo"]["GroupId"] == second
    assert now["IpProtocol"] == "-1"


def test_a_rule_keeps_its_kind_of_source_and_needs_its_ports(ec2: Client, vpc: str) -> None:
    owner = group(ec2, vpc, "owner")
    rule = allow(ec2, owner, IpRanges=[{"CidrIp": "10.0.0.0/24"}])
    with pytest.raises(ClientError, match="Invalid rule type"):
        modify(ec2, owner, rule, ReferencedGroupId=owner, **TCP)
    with pytest.raises(ClientError, match="from and to ports"):
        modify(ec2, owner, rule, CidrIpv4="10.0.0.0/24", IpProtocol="tcp")
    assert found(ec2, rule)["CidrIpv4"] == "10.0.0.0/24"


def test_a_missing_rule_is_not_changed(ec2: Client, vpc: str) -> None:
    owner = group(ec2, vpc, "owner")
    with pytest.raises(ClientError, match=r"InvalidSecurityGroupRuleId\.NotFound"):
        modify(ec2, owner, "sgr-0123456789abcdef0", CidrIpv4="10.0.0.0/24", **TCP)


def test_private_dns_of_an_interface_endpoint_is_toggled(ec2: Client, vpc: str) -> None:
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    made = ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.us-east-1.logs",
        VpcEndpointType="Interface",
        PrivateDnsEnabled=True,
    )["VpcEndpoint"]["VpcEndpointId"]
    for wanted in (False, True):
        ec2.modify_vpc_endpoint(VpcEndpointId=made, PrivateDnsEnabled=wanted)
        (now,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[made])["VpcEndpoints"]
        assert now["PrivateDnsEnabled"] is wanted


def test_a_gateway_endpoint_has_no_private_dns(ec2: Client, vpc: str) -> None:
    made = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3")
    with pytest.raises(ClientError, match="no interface endpoint"):
        ec2.modify_vpc_endpoint(
            VpcEndpointId=made["VpcEndpoint"]["VpcEndpointId"], PrivateDnsEnabled=True
        )
