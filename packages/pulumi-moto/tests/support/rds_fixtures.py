"""Fixtures of the tests of RDS's corrections."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

NAME = "shop"
PASSWORD = "first-password"


def database(**params: Any) -> Any:
    return boto3.client("rds").create_db_instance(
        **{
            "DBInstanceIdentifier": NAME,
            "DBInstanceClass": "db.t4g.micro",
            "Engine": "postgres",
            "EngineVersion": "16",
            "AllocatedStorage": 20,
            "MasterUsername": "shop",
            "MasterUserPassword": PASSWORD,
            **params,
        }
    )["DBInstance"]


def modify(**params: Any) -> Any:
    return boto3.client("rds").modify_db_instance(DBInstanceIdentifier=NAME, **params)["DBInstance"]


def found(name: str = NAME) -> Any:
    (one,) = boto3.client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    return one


def parameter_group(name: str = "params", family: str = "postgres16") -> None:
    boto3.client("rds").create_db_parameter_group(
        DBParameterGroupName=name, DBParameterGroupFamily=family, Description="d"
    )


def subnets(zones: str = "ab") -> tuple[str, list[str]]:
    """A VPC, and a subnet of it in each of the zones."""
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return vpc, [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{zone}"
        )["Subnet"]["SubnetId"]
        for number, zone in enumerate(zones)
    ]


def subnet_group(name: str, ids: list[str]) -> None:
    boto3.client("rds").create_db_subnet_group(
        DBSubnetGroupName=name, DBSubnetGroupDescription="d", SubnetIds=ids
    )


def refused(call: Any, **params: Any) -> str:
    """The code of the refusal."""
    return refusal(call, **params).split(": ", maxsplit=1)[0]


def refusal(call: Any, /, **params: Any) -> str:
    """`Code: sentence`."""
    with pytest.raises(ClientError) as error:
        call(**params)
    response = error.value.response["Error"]
    return f"{response['Code']}: {response['Message']}"
