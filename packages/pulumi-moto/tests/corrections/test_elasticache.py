"""ElastiCache: a replication group that is made and deleted, and what is refused of it."""

from typing import Any

import boto3
import pytest

from elasticache_fixtures import clusters, create, found, parameter_group
from emulated_account import refusal


def test_each_node_is_a_member_and_a_cache_cluster() -> None:
    create()
    assert found()["MemberClusters"] == ["redis-001", "redis-002"]
    assert clusters() == ["redis-001", "redis-002"]
    cache = boto3.client("elasticache")
    cache.delete_replication_group(ReplicationGroupId="redis")
    assert clusters() == []
    assert cache.describe_replication_groups()["ReplicationGroups"] == []


def test_the_next_group_of_the_name_has_its_own_tags() -> None:
    cache = boto3.client("elasticache")
    create(Tags=[{"Key": "Name", "Value": "first"}])
    cache.delete_replication_group(ReplicationGroupId="redis")
    create(Tags=[{"Key": "Project", "Value": "shop"}])
    arn = found()["ARN"]
    tags = cache.list_tags_for_resource(ResourceName=arn)["TagList"]
    assert tags == [{"Key": "Project", "Value": "shop"}]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"NumCacheClusters": 1}, "there must be at least 2 cache clusters"),
        ({"NumCacheClusters": 7}, "must be within 0 and 5"),
        ({"MultiAZEnabled": True, "AutomaticFailoverEnabled": False}, "requires automatic"),
        ({"TransitEncryptionEnabled": False}, "encryption-in-transit"),
        ({"AuthToken": "short"}, "Invalid AuthToken"),
        ({"AuthToken": "sixteen letters x"}, "Invalid AuthToken"),
        ({"AuthToken": "x" * 129}, "Invalid AuthToken"),
        ({"CacheSubnetGroupName": "unknown"}, "CacheSubnetGroupNotFound"),
        ({"CacheParameterGroupName": "unknown"}, "CacheParameterGroupNotFound"),
        ({"CacheNodeType": "cache.t9.micro"}, "Invalid Cache Node Type: cache.t9.micro"),
        ({"CacheNodeType": "cache.t4g.large"}, "Invalid Cache Node Type: cache.t4g.large"),
        ({"SnapshotRetentionLimit": 36}, "Must be between 0 and 35"),
        ({"SnapshotWindow": "3:00-4:00"}, "Invalid snapshot window format"),
        ({"SnapshotWindow": "23:30-00:29"}, "Snapshot window must be at least 60 minutes."),
        ({"PreferredMaintenanceWindow": "sun:05:00"}, "Invalid maintenance window format"),
        ({"PreferredMaintenanceWindow": "sun:05:00-sun:05:59"}, "at least 60 minutes"),
        (
            {"SnapshotWindow": "23:30-00:31", "PreferredMaintenanceWindow": "mon:00:30-mon:01:30"},
            "The snapshot window and maintenance window must not overlap.",
        ),
    ],
)
def test_invalid_values_are_refused(changes: dict[str, Any], words: str) -> None:
    assert words in refusal(create, **changes)
    assert boto3.client("elasticache").describe_replication_groups()["ReplicationGroups"] == []


@pytest.mark.parametrize(
    ("family", "version"), [("redis6.x", "7.1"), ("redis7", "6.2"), ("redis7", "5.0.6")]
)
def test_a_parameter_group_of_another_family_is_refused(family: str, version: str) -> None:
    parameter_group(family=family)
    words = f"but found one of family {family}"
    assert words in refusal(create, EngineVersion=version, CacheParameterGroupName="params")


@pytest.mark.parametrize(
    ("family", "version"), [("redis7", "7.1"), ("redis6.x", "6.2"), ("redis5.0", "5.0.6")]
)
def test_a_parameter_group_of_the_family_is_taken(family: str, version: str) -> None:
    parameter_group(family=family)
    create(EngineVersion=version, CacheParameterGroupName="params")


def test_a_final_snapshot_is_taken_once_under_a_name() -> None:
    cache = boto3.client("elasticache")
    create()
    delete = cache.delete_replication_group
    delete(ReplicationGroupId="redis", FinalSnapshotIdentifier="last")
    (last,) = cache.describe_snapshots(SnapshotName="last")["Snapshots"]
    assert last["ReplicationGroupId"] == "redis"
    create()
    again = {"ReplicationGroupId": "redis", "FinalSnapshotIdentifier": "last"}
    assert "SnapshotAlreadyExistsFault" in refusal(delete, **again)
    assert clusters() == ["redis-001", "redis-002"]


def test_a_parameter_group_of_an_unknown_family_or_a_duplicate_name_is_refused() -> None:
    assert "not a valid family" in refusal(parameter_group, family="redis99")
    parameter_group()
    assert "already exists" in refusal(parameter_group)


def test_groups_in_use_are_not_deleted() -> None:
    cache, ec2 = boto3.client("elasticache"), boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    cache.create_cache_subnet_group(
        CacheSubnetGroupName="private", CacheSubnetGroupDescription="d", SubnetIds=[subnet]
    )
    parameter_group()
    create(CacheSubnetGroupName="private", CacheParameterGroupName="params")

    message = refusal(cache.delete_cache_subnet_group, CacheSubnetGroupName="private")
    assert message.startswith("CacheSubnetGroupInUse: ")
    message = refusal(cache.delete_cache_parameter_group, CacheParameterGroupName="params")
    assert message.startswith("InvalidCacheParameterGroupState: One or more cache clusters are")

    cache.delete_replication_group(ReplicationGroupId="redis")
    cache.delete_cache_subnet_group(CacheSubnetGroupName="private")
    cache.delete_cache_parameter_group(CacheParameterGroupName="params")
