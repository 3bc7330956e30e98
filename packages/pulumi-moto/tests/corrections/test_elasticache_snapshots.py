"""ElastiCache: snapshots of a node, and what is refused of them."""

from typing import Any

import boto3
import pytest

from elasticache_fixtures import create, found
from emulated_account import refusal
from pulumi_moto.clock import CLOCK
from pulumi_moto.corrections.elasticache_snapshots import DAY, MOST, SECONDS


def snapshot(name: str = "one", **params: Any) -> Any:
    params = params or {"CacheClusterId": "redis-002"}
    return boto3.client("elasticache").create_snapshot(SnapshotName=name, **params)["Snapshot"]


def status(name: str = "one") -> str:
    (response,) = boto3.client("elasticache").describe_snapshots(SnapshotName=name)["Snapshots"]
    return str(response["SnapshotStatus"])


def node(name: str) -> str:
    (response,) = boto3.client("elasticache").describe_cache_clusters(CacheClusterId=name)[
        "CacheClusters"
    ]
    return str(response["CacheClusterStatus"])


def test_a_snapshot_takes_time_and_its_node_is_busy() -> None:
    create()
    assert snapshot()["SnapshotStatus"] == "creating"
    CLOCK.advance(SECONDS - 1)
    assert status() == "creating"
    assert (found()["Status"], node("redis-002"), node("redis-001")) == (
        "snapshotting",
        "snapshotting",
        "available",
    )
    assert refusal(snapshot, name="two").startswith("InvalidCacheClusterState: ")
    assert refusal(snapshot).startswith("SnapshotAlreadyExistsFault: ")
    CLOCK.advance(1)
    assert status() == "available"
    assert (found()["Status"], node("redis-002")) == ("available", "available")
    (made,) = boto3.client("elasticache").describe_snapshots(SnapshotName="one")["Snapshots"]
    assert made["CacheClusterId"] == "redis-002"
    (part,) = made["NodeSnapshots"]
    assert part["SnapshotCreateTime"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"ReplicationGroupId": "redis"}, "Cannot snapshot a replication group with cluster-mode"),
        ({"ReplicationGroupId": "unknown"}, "ReplicationGroupNotFoundFault"),
        ({"CacheClusterId": "unknown"}, "CacheClusterNotFound"),
        ({"CacheClusterId": "redis-002", "name": "1st"}, "not a valid identifier"),
        ({"CacheClusterId": "redis-002", "name": "a--b"}, "not a valid identifier"),
        ({"CacheClusterId": "redis-002", "name": "a-"}, "not a valid identifier"),
    ],
)
def test_invalid_values_are_refused(params: dict[str, Any], words: str) -> None:
    create()
    assert words in refusal(snapshot, **params)
    assert boto3.client("elasticache").describe_snapshots()["Snapshots"] == []


def test_a_node_has_so_many_within_a_day_and_no_more() -> None:
    create()
    for number in range(MOST):
        snapshot(f"s{number}")
        CLOCK.advance(SECONDS)
    assert refusal(snapshot, name="more").startswith("SnapshotQuotaExceededFault: ")
    snapshot("other", CacheClusterId="redis-001")
    CLOCK.advance(DAY - MOST * SECONDS + 1)
    assert snapshot("later")["SnapshotStatus"] == "creating"
