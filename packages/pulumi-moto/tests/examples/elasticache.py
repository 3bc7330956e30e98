from typing import Any

import boto3

from emulated_account import another_subnet, create_network
from row_example import Example

TAGS = {"Stack": "test", "Component": "cache"}


def _subnets() -> dict[str, Any]:
    _, subnets = create_network()
    return {"name": "cache-subnets", "description": "Isolated", "subnetIds": subnets, "tags": TAGS}


def _parameters() -> dict[str, Any]:
    return {
        "name": "cache-parameters",
        "family": "redis7",
        "description": "Parameters of shop-test",
        "parameters": [{"name": "maxmemory-policy", "value": "allkeys-lru"}],
        "tags": TAGS,
    }


def _made_parameters(family: str) -> str:
    boto3.client("elasticache").create_cache_parameter_group(
        CacheParameterGroupName="others", CacheParameterGroupFamily=family, Description="Others"
    )
    return "others"


def _group() -> dict[str, Any]:
    client = boto3.client("elasticache")
    subnets = _subnets()
    client.create_cache_subnet_group(
        CacheSubnetGroupName=subnets["name"],
        CacheSubnetGroupDescription="Isolated",
        SubnetIds=subnets["subnetIds"],
    )
    client.create_cache_parameter_group(
        CacheParameterGroupName="cache-parameters",
        CacheParameterGroupFamily="redis7",
        Description="Parameters of shop-test",
    )
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    boto3.client("logs").create_log_group(logGroupName="/cache/slow")
    return {
        "replicationGroupId": "shop-test",
        "description": "Cache shop-test",
        "engine": "redis",
        "engineVersion": "7.0",
        "nodeType": "cache.t4g.micro",
        "numCacheClusters": 2,
        "automaticFailoverEnabled": True,
        "multiAzEnabled": True,
        "port": 6379,
        "parameterGroupName": "cache-parameters",
        "subnetGroupName": subnets["name"],
        "securityGroupIds": ["sg-0123456789abcdef0"],
        "atRestEncryptionEnabled": True,
        "kmsKeyId": key,
        "transitEncryptionEnabled": True,
        "authToken": "a-token-of-sixteen-letters",
        "snapshotRetentionLimit": 7,
        "snapshotWindow": "03:00-04:00",
        "maintenanceWindow": "sun:05:00-sun:06:00",
        "finalSnapshotIdentifier": "shop-test-final",
        "autoMinorVersionUpgrade": True,
        "applyImmediately": True,
        "logDeliveryConfigurations": [
            {
                "destination": "/cache/slow",
                "destinationType": "cloudwatch-logs",
                "logFormat": "json",
                "logType": "slow-log",
            }
        ],
        "tags": TAGS,
    }


EXAMPLES = {
    "aws:elasticache/replicationGroup:ReplicationGroup": Example(
        inputs=_group,
        change={
            "description": "The cache",
            "nodeType": "cache.t4g.small",
            "numCacheClusters": 3,
            "autoMinorVersionUpgrade": False,
            "snapshotRetentionLimit": 14,
            "maintenanceWindow": "mon:05:00-mon:06:00",
            "tags": {"Stack": "other"},
        },
        more={
            "applyImmediately": {"applyImmediately": False},
            "authToken": {"authToken": "another-token-of-letters"},
            "automaticFailoverEnabled": {
                "automaticFailoverEnabled": False,
                "multiAzEnabled": False,
            },
            "engine": lambda _: {
                "engine": "valkey",
                "engineVersion": "8.0",
                "parameterGroupName": _made_parameters("valkey8"),
            },
            "engineVersion": {"engineVersion": "7.1"},
            "finalSnapshotIdentifier": {"finalSnapshotIdentifier": "shop-test-last"},
            "logDeliveryConfigurations": {"logDeliveryConfigurations": []},
            "multiAzEnabled": {"multiAzEnabled": False},
            "parameterGroupName": lambda _: {"parameterGroupName": _made_parameters("redis7")},
            "securityGroupIds": {"securityGroupIds": ["sg-0123456789abcdef1"]},
            "snapshotWindow": {"snapshotWindow": "01:00-02:00"},
            "transitEncryptionEnabled": {"transitEncryptionEnabled": False},
        },
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": Example(
        inputs=_subnets,
        change={"description": "No way out", "tags": {"Stack": "other"}},
        more={"subnetIds": another_subnet},
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": Example(
        inputs=_parameters,
        change={
            "parameters": [{"name": "maxmemory-policy", "value": "volatile-lru"}],
            "tags": {"Stack": "other"},
        },
    ),
}
