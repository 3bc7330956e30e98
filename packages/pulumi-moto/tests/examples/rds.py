from typing import Any

import boto3

from emulated_account import another_subnet, create_network
from row_example import Example

TAGS = {"Stack": "test", "Component": "database"}


def _subnets() -> dict[str, Any]:
    _, subnets = create_network()
    return {
        "name": "database-subnets",
        "description": "Isolated",
        "subnetIds": subnets,
        "tags": TAGS,
    }


def _elsewhere(_asked: dict[str, Any]) -> dict[str, Any]:
    """A group of another VPC: RDS moves an instance to no other."""
    _, made = create_network(block="10.1")
    boto3.client("rds").create_db_subnet_group(
        DBSubnetGroupName="elsewhere", DBSubnetGroupDescription="Elsewhere", SubnetIds=made
    )
    return {"dbSubnetGroupName": "elsewhere"}


def _other_parameters(_asked: dict[str, Any]) -> dict[str, Any]:
    boto3.client("rds").create_db_parameter_group(
        DBParameterGroupName="others", DBParameterGroupFamily="postgres16", Description="Others"
    )
    return {"parameterGroupName": "others"}


def _parameters() -> dict[str, Any]:
    return {
        "name": "database-parameters",
        "family": "postgres16",
        "description": "Parameters of shop-test",
        "parameters": [
            {"name": "rds.force_ssl", "value": "1", "applyMethod": "immediate"},
            {
                "name": "shared_preload_libraries",
                "value": "pg_stat_statements",
                "applyMethod": "pending-reboot",
            },
        ],
        "tags": TAGS,
    }


def _instance() -> dict[str, Any]:
    rds = boto3.client("rds")
    subnets = _subnets()
    rds.create_db_subnet_group(
        DBSubnetGroupName=subnets["name"],
        DBSubnetGroupDescription="Isolated",
        SubnetIds=subnets["subnetIds"],
    )
    rds.create_db_parameter_group(
        DBParameterGroupName="database-parameters",
        DBParameterGroupFamily="postgres16",
        Description="Parameters of shop-test",
    )
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    return {
        "identifier": "shop-test",
        "engine": "postgres",
        "engineVersion": "16",
        "instanceClass": "db.t4g.micro",
        "allocatedStorage": 20,
        "maxAllocatedStorage": 100,
        "storageType": "gp3",
        "storageEncrypted": True,
        "kmsKeyId": key,
        "dbName": "shop",
        "username": "shop",
        "password": "first-password",
        "port": 5432,
        "dbSubnetGroupName": subnets["name"],
        "vpcSecurityGroupIds": ["sg-0123456789abcdef0"],
        "parameterGroupName": "database-parameters",
        "multiAz": False,
        "publiclyAccessible": False,
        "backupRetentionPeriod": 7,
        "backupWindow": "03:00-04:00",
        "maintenanceWindow": "sun:05:00-sun:06:00",
        "copyTagsToSnapshot": True,
        "autoMinorVersionUpgrade": True,
        "deletionProtection": False,
        "skipFinalSnapshot": False,
        "deleteAutomatedBackups": False,
        "allowMajorVersionUpgrade": True,
        "finalSnapshotIdentifier": "shop-test-final",
        "performanceInsightsEnabled": True,
        "performanceInsightsKmsKeyId": key,
        "performanceInsightsRetentionPeriod": 7,
        "monitoringInterval": 60,
        "monitoringRoleArn": "arn:aws:iam::123456789012:role/monitoring",
        "enabledCloudwatchLogsExports": ["postgresql", "upgrade"],
        "applyImmediately": True,
        "tags": TAGS,
    }


EXAMPLES = {
    "aws:rds/instance:Instance": Example(
        inputs=_instance,
        change={
            "identifier": "shop-renamed",
            "port": 5433,
            "instanceClass": "db.t4g.small",
            "multiAz": True,
            "backupRetentionPeriod": 14,
            "enabledCloudwatchLogsExports": ["postgresql"],
            "tags": {"Stack": "other"},
        },
        more={
            **{
                key: {key: value}
                for key, value in {
                    "allocatedStorage": 40,
                    "allowMajorVersionUpgrade": False,
                    "applyImmediately": False,
                    "autoMinorVersionUpgrade": False,
                    "backupWindow": "01:00-02:00",
                    "copyTagsToSnapshot": False,
                    "deleteAutomatedBackups": True,
                    "deletionProtection": True,
                    "engineVersion": "16.9",
                    "finalSnapshotIdentifier": "shop-test-last",
                    "maintenanceWindow": "mon:05:00-mon:06:00",
                    "maxAllocatedStorage": 200,
                    "monitoringInterval": 30,
                    "monitoringRoleArn": "arn:aws:iam::123456789012:role/other",
                    "password": "second-password",
                    "performanceInsightsRetentionPeriod": 31,
                    "publiclyAccessible": True,
                    "storageType": "gp2",
                    "vpcSecurityGroupIds": ["sg-0123456789abcdef1"],
                }.items()
            },
            "dbSubnetGroupName": _elsewhere,
            "parameterGroupName": _other_parameters,
            "performanceInsightsEnabled": {
                "performanceInsightsEnabled": False,
                "performanceInsightsKmsKeyId": None,
                "performanceInsightsRetentionPeriod": None,
            },
            "skipFinalSnapshot": {"skipFinalSnapshot": True, "finalSnapshotIdentifier": None},
        },
        untried={"performanceInsightsKmsKeyId": "RDS keeps the key that it was turned on with"},
    ),
    "aws:rds/subnetGroup:SubnetGroup": Example(
        inputs=_subnets,
        change={"description": "No way out", "tags": {"Stack": "other"}},
        more={"subnetIds": another_subnet},
    ),
    "aws:rds/parameterGroup:ParameterGroup": Example(
        inputs=_parameters,
        change={
            "parameters": [{"name": "rds.force_ssl", "value": "0", "applyMethod": "immediate"}],
            "tags": {"Stack": "other"},
        },
    ),
}
