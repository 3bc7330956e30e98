"""What the tests of ElastiCache's corrections share."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

TOKEN = "sixteen-letters-x"


def create(**changes: Any) -> None:
    asked = {
        "ReplicationGroupId": "redis",
        "ReplicationGroupDescription": "d",
        "NumCacheClusters": 2,
        "AutomaticFailoverEnabled": True,
        "TransitEncryptionEnabled": True,
        "AuthToken": TOKEN,
        **changes,
    }
    boto3.client("elasticache").create_replication_group(
        **{name: value for name, value in asked.items() if value is not None}
    )


def modify(**asked: Any) -> Any:
    return boto3.client("elasticache").modify_replication_group(
        ReplicationGroupId="redis", ApplyImmediately=True, **asked
    )["ReplicationGroup"]


def found() -> Any:
    (group,) = boto3.client("elasticache").describe_replication_groups()["ReplicationGroups"]
    return group


def clusters() -> list[str]:
    told = boto3.client("elasticache").describe_cache_clusters()["CacheClusters"]
    return [cluster["CacheClusterId"] for cluster in told]


def parameter_group(family: str = "redis7") -> None:
    boto3.client("elasticache").create_cache_parameter_group(
        CacheParameterGroupName="params", CacheParameterGroupFamily=family, Description="d"
    )


def refusal(call: Any, /, **asked: Any) -> str:
    """`Code: sentence`."""
    with pytest.raises(ClientError) as error:
        call(**asked)
    told = error.value.response["Error"]
    return f"{told['Code']}: {told['Message']}"
