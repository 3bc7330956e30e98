"""ElastiCache: members, parameter groups, and what is refused."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from emulator import correction, corrections


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    assert corrections
    correction.apply()
    with mock_aws():
        yield boto3.client("elasticache", "us-east-1")


def create(cache: Any, **changes: Any) -> None:
    asked = {
        "ReplicationGroupId": "redis",
        "ReplicationGroupDescription": "d",
        "NumCacheClusters": 2,
        "AutomaticFailoverEnabled": True,
        "TransitEncryptionEnabled": True,
        "AuthToken": "sixteen-letters-x",
        **changes,
    }
    cache.create_replication_group(**{k: v for k, v in asked.items() if v is not None})


def test_each_node_is_a_member_and_a_cache_cluster(cache: Any) -> None:
    create(cache)
    group = cache.describe_replication_groups()["ReplicationGroups"][0]
    clusters = cache.describe_cache_clusters()["CacheClusters"]
    assert group["MemberClusters"] == ["redis-001", "redis-002"]
    assert [cluster["CacheClusterId"] for cluster in clusters] == ["redis-001", "redis-002"]
    cache.delete_replication_group(ReplicationGroupId="redis")
    assert cache.describe_cache_clusters()["CacheClusters"] == []
    assert cache.describe_replication_groups()["ReplicationGroups"] == []


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"NumCacheClusters": 1}, "fewer than 2 nodes"),
        ({"MultiAZEnabled": True, "AutomaticFailoverEnabled": False}, "requires automatic"),
        ({"TransitEncryptionEnabled": False}, "encryption-in-transit"),
        ({"AuthToken": "short"}, "Invalid AuthToken"),
        ({"AuthToken": "sixteen letters x"}, "Invalid AuthToken"),
        ({"CacheSubnetGroupName": "unknown"}, "unknown"),
    ],
)
def test_what_elasticache_refuses_is_refused(
    cache: Any, changes: dict[str, Any], refusal: str
) -> None:
    with pytest.raises(ClientError, match=refusal):
        create(cache, **changes)
    assert cache.describe_replication_groups()["ReplicationGroups"] == []


def test_a_parameter_group_of_an_unknown_family_or_a_taken_name_is_refused(cache: Any) -> None:
    def make(family: str) -> None:
        cache.create_cache_parameter_group(
            CacheParameterGroupName="params", CacheParameterGroupFamily=family, Description="d"
        )

    with pytest.raises(ClientError, match="not a valid family"):
        make("redis99")
    make("redis7")
    with pytest.raises(ClientError, match="already exists"):
        make("redis7")
