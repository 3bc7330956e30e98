"""ElastiCache: what waits for the maintenance window, and what takes it along."""

from typing import Any

import boto3

from pulumi_moto.clock import CLOCK

NAME = "shop"
WEEK = 7 * 24 * 3600


def group() -> None:
    boto3.client("elasticache").create_replication_group(
        ReplicationGroupId=NAME,
        ReplicationGroupDescription="d",
        CacheNodeType="cache.t3.micro",
        NumCacheClusters=1,
        PreferredMaintenanceWindow="sun:06:00-sun:07:00",
    )


def modify(**params: Any) -> None:
    boto3.client("elasticache").modify_replication_group(ReplicationGroupId=NAME, **params)


def node_types() -> tuple[str, str, dict[str, str]]:
    """Node type of the group and of its node, and what waits."""
    cache = boto3.client("elasticache")
    (found,) = cache.describe_replication_groups(ReplicationGroupId=NAME)["ReplicationGroups"]
    (node,) = cache.describe_cache_clusters(CacheClusterId=f"{NAME}-001")["CacheClusters"]
    waits = node.get("PendingModifiedValues") or {}
    return found["CacheNodeType"], node["CacheNodeType"], waits


def test_another_node_type_waits_for_the_window() -> None:
    group()
    modify(CacheNodeType="cache.t3.small")
    assert node_types() == ("cache.t3.micro", "cache.t3.micro", {"CacheNodeType": "cache.t3.small"})
    CLOCK.advance(WEEK)
    assert node_types() == ("cache.t3.small", "cache.t3.small", {})


def test_apply_immediately_includes_pending_changes() -> None:
    group()
    modify(CacheNodeType="cache.t3.small")
    modify(SnapshotRetentionLimit=3, ApplyImmediately=True)
    assert node_types() == ("cache.t3.small", "cache.t3.small", {})


def test_requesting_the_current_value_cancels_a_pending_change() -> None:
    group()
    modify(CacheNodeType="cache.t3.small")
    modify(CacheNodeType="cache.t3.micro")
    assert node_types() == ("cache.t3.micro", "cache.t3.micro", {})
