"""Examples of the rows of RDS and ElastiCache."""

from typing import Any

import boto3

from row_example import Example

TAGS = {"Stack": "test"}
OTHER = {"Stack": "other", "More": "yes"}


def vpc() -> str:
    return str(boto3.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])


def subnets(vpc_id: str | None = None) -> list[str]:
    ec2 = boto3.client("ec2")
    network = vpc_id or vpc()
    made = [
        ec2.create_subnet(
            VpcId=network, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{z}"
        )
        for n, z in enumerate("ab")
    ]
    return [str(subnet["Subnet"]["SubnetId"]) for subnet in made]


def group(vpc_id: str) -> str:
    made = boto3.client("ec2").create_security_group(
        GroupName="data", Description="d", VpcId=vpc_id
    )
    return str(made["GroupId"])


def key() -> str:
    return str(boto3.client("kms").create_key()["KeyMetadata"]["Arn"])


def instance() -> dict[str, Any]:
    rds, network = boto3.client("rds"), vpc()
    rds.create_db_subnet_group(
        DBSubnetGroupName="isolated", DBSubnetGroupDescription="d", SubnetIds=subnets(network)
    )
    rds.create_db_parameter_group(
        DBParameterGroupName="params", DBParameterGroupFamily="postgres16", Description="d"
    )
    key_arn = key()
    return {
        "identifier": "arbor-test-db",
        "engine": "postgres",
        "engineVersion": "16",
        "instanceClass": "db.t3.medium",
        "allocatedStorage": 20,
        "maxAllocatedStorage": 100,
        "storageType": "gp3",
        "storageEncrypted": True,
        "kmsKeyId": key_arn,
        "dbName": "arbor_test",
        "username": "arbor_user",
        "password": "not-a-password",
        "port": 5432,
        "dbSubnetGroupName": "isolated",
        "vpcSecurityGroupIds": [group(network)],
        "publiclyAccessible": False,
        "parameterGroupName": "params",
        "multiAz": True,
        "backupRetentionPeriod": 7,
        "backupWindow": "03:00-04:00",
        "maintenanceWindow": "sun:05:00-sun:06:00",
        "copyTagsToSnapshot": True,
        "autoMinorVersionUpgrade": True,
        "deletionProtection": False,
        "skipFinalSnapshot": False,
        "finalSnapshotIdentifier": "arbor-test-db-final",
        "performanceInsightsEnabled": True,
        "performanceInsightsKmsKeyId": key_arn,
        "performanceInsightsRetentionPeriod": 7,
        "monitoringInterval": 60,
        "monitoringRoleArn": "arn:aws:iam::123456789012:role/monitoring",
        "enabledCloudwatchLogsExports": ["postgresql", "upgrade"],
        "applyImmediately": True,
        "tags": TAGS,
    }


def replication_group() -> dict[str, Any]:
    cache, network = boto3.client("elasticache"), vpc()
    cache.create_cache_subnet_group(
        CacheSubnetGroupName="isolated",
        CacheSubnetGroupDescription="d",
        SubnetIds=subnets(network),
    )
    return {
        "replicationGroupId": "arbor-test-redis",
        "description": "cache",
        "engine": "redis",
        "engineVersion": "7.1",
        "nodeType": "cache.t3.micro",
        "numCacheClusters": 2,
        "automaticFailoverEnabled": True,
        "multiAzEnabled": True,
        "port": 6379,
        "parameterGroupName": "params",
        "subnetGroupName": "isolated",
        "securityGroupIds": [group(network)],
        "atRestEncryptionEnabled": True,
        "kmsKeyId": "key",
        "transitEncryptionEnabled": True,
        "authToken": "not-an-auth-token",
        "snapshotRetentionLimit": 7,
        "snapshotWindow": "02:00-03:00",
        "maintenanceWindow": "sun:06:00-sun:07:00",
        "autoMinorVersionUpgrade": True,
        "applyImmediately": True,
        "finalSnapshotIdentifier": "final",
        "logDeliveryConfigurations": [
            {
                "destination": "/aws/elasticache/slow",
                "destinationType": "cloudwatch-logs",
                "logFormat": "json",
                "logType": "slow-log",
            }
        ],
        "tags": TAGS,
    }


EXAMPLES = {
    "aws:rds/instance:Instance": Example(
        inputs=instance,
        change={"instanceClass": "db.t3.large", "backupRetentionPeriod": 14, "tags": OTHER},
    ),
    "aws:rds/subnetGroup:SubnetGroup": Example(
        inputs=lambda: {
            "name": "isolated",
            "description": "d",
            "subnetIds": subnets(),
            "tags": TAGS,
        },
        change={"description": "other", "tags": OTHER},
    ),
    "aws:rds/parameterGroup:ParameterGroup": Example(
        inputs=lambda: {
            "name": "params",
            "family": "postgres16",
            "description": "d",
            "parameters": [{"name": "rds.force_ssl", "value": "1", "applyMethod": "immediate"}],
            "tags": TAGS,
        },
        change={
            "parameters": [{"name": "rds.force_ssl", "value": "0", "applyMethod": "immediate"}],
            "tags": OTHER,
        },
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": Example(
        inputs=replication_group,
        change={"nodeType": "cache.t3.small", "snapshotRetentionLimit": 3, "tags": OTHER},
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": Example(
        inputs=lambda: {
            "name": "isolated",
            "description": "d",
            "subnetIds": subnets(),
            "tags": TAGS,
        },
        change={"tags": OTHER},
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": Example(
        inputs=lambda: {
            "name": "params",
            "family": "redis7",
            "description": "d",
            "parameters": [{"name": "maxmemory-policy", "value": "allkeys-lru"}],
            "tags": TAGS,
        },
        change={
            "parameters": [{"name": "maxmemory-policy", "value": "noeviction"}],
            "tags": OTHER,
        },
    ),
}
