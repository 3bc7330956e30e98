"""Fixtures of the tests of ElastiCache's corrections."""

from typing import Any

import boto3

TOKEN = "sixteen-letters-x"


def create(**changes: Any) -> None:
    params = {
        "ReplicationGroupId": "redis",
        "ReplicationGroupDescription": "d",
        "NumCacheClusters": 2,
        "AutomaticFailoverEnabled": True,
        "TransitEncryptionEnabled": True,
        "AuthToken": TOKEN,
        **changes,
    }
    boto3.client("elasticache").create_replication_group(
        **{name: value for name, value in params.items() if value is not None}
    )


def modify(**params: Any) -> Any:
    return boto3.client("elasticache").modify_replication_group(
        ReplicationGroupId="redis", ApplyImmediately=True, **params
    )["ReplicationGroup"]


def found() -> Any:
    (group,) = boto3.client("elasticache").describe_replication_groups()["ReplicationGroups"]
    return group


def clusters() -> list[str]:
    found = boto3.client("elasticache").describe_cache_clusters()["CacheClusters"]
    return [cluster["CacheClusterId"] for cluster in found]


def parameter_group(family: str = "redis7") -> None:
    boto3.client("elasticache").create_cache_parameter_group(
        CacheParameterGroupName="params", CacheParameterGroupFamily=family, Description="d"
    )
