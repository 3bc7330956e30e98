"""Fixtures of the tests of RDS's corrections."""

from typing import Any

import boto3

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


def subnet_group(name: str, ids: list[str]) -> None:
    boto3.client("rds").create_db_subnet_group(
        DBSubnetGroupName=name, DBSubnetGroupDescription="d", SubnetIds=ids
    )
