"""An empty account in this process, with every correction and a stopped clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from pulumi_moto import correction
from pulumi_moto.clock import CLOCK
from pulumi_moto.shapes import Members

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def configure(patch: pytest.MonkeyPatch, **more: str) -> None:
    """Set the AWS variables of an operator's shell."""
    for name, value in (CREDENTIALS | more).items():
        patch.setenv(name, value)


@contextmanager
def emulated() -> Iterator[None]:
    """Run a block in a new account."""
    correction.apply()
    CLOCK.set_speed(0)
    with mock_aws():
        yield


def create_network(
    zones: str = "ab", ec2: Any = None, block: str = "10.0"
) -> tuple[str, list[str]]:
    """Create a VPC, `block`.0.0/16 with DNS names, and a subnet in each zone; return the ids."""
    ec2 = ec2 or boto3.client("ec2", region_name="us-east-1")
    vpc = ec2.create_vpc(CidrBlock=f"{block}.0.0/16")["Vpc"]["VpcId"]
    # Without DNS names moto's network interfaces lack an attribute that its tasks read.
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    return vpc, [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"{block}.{number}.0/24", AvailabilityZone=f"us-east-1{zone}"
        )["Subnet"]["SubnetId"]
        for number, zone in enumerate(zones)
    ]


def third_subnet(vpc: str) -> str:
    """Create a subnet of a network in a third zone; return its id."""
    made = boto3.client("ec2").create_subnet(
        VpcId=vpc, CidrBlock="10.0.9.0/24", AvailabilityZone="us-east-1c"
    )
    return str(made["Subnet"]["SubnetId"])


def another_subnet(given: Members) -> Members:
    """Return a row's `subnetIds` with a third one of the same VPC."""
    listed = boto3.client("ec2").describe_subnets(SubnetIds=given["subnetIds"])["Subnets"]
    return {"subnetIds": [*given["subnetIds"], third_subnet(listed[0]["VpcId"])]}


def refusal(call: Any, /, **params: Any) -> str:
    """Return AWS's refusal of a call, `Code: sentence`."""
    with pytest.raises(ClientError) as error:
        call(**params)
    response = error.value.response["Error"]
    return f"{response['Code']}: {response['Message']}"


def refused(call: Any, /, **params: Any) -> str:
    """Return the code of AWS's refusal of a call."""
    return refusal(call, **params).split(": ", maxsplit=1)[0]
