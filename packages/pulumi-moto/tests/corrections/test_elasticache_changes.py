from typing import Any

import boto3
import pytest

from elasticache_fixtures import TOKEN, clusters, create, found, modify, parameter_group
from emulated_account import refusal
from pulumi_moto.clock import CLOCK

NEXT = "another-token-of-letters"
THIRD = "a-third-token-of-letters"


def count(call: str, replicas: int, *, at_once: bool = True) -> Any:
    return getattr(boto3.client("elasticache"), call)(
        ReplicationGroupId="redis", NewReplicaCount=replicas, ApplyImmediately=at_once
    )


def test_replicas_are_added_and_removed_and_the_primary_stays() -> None:
    create()
    count("increase_replica_count", 3)
    members = ["redis-001", "redis-002", "redis-003", "redis-004"]
    assert (found()["MemberClusters"], clusters()) == (members, members)
    count("decrease_replica_count", 1)
    assert (found()["MemberClusters"], clusters()) == (members[:2], members[:2])
    roles = [one["CurrentRole"] for one in found()["NodeGroups"][0]["NodeGroupMembers"]]
    assert roles == ["primary", "replica"]


@pytest.mark.parametrize(
    ("call", "replicas", "words"),
    [
        ("increase_replica_count", 1, "NoOperationFault"),
        ("increase_replica_count", 6, "must be within 0 and 5"),
        ("decrease_replica_count", 2, "must be below the current 1"),
        ("decrease_replica_count", 0, "Must have at least 1 replica"),
    ],
)
def test_a_count_that_elasticache_cannot_reach_is_refused(
    call: str, replicas: int, words: str
) -> None:
    create()
    assert words in refusal(count, call=call, replicas=replicas)
    assert clusters() == ["redis-001", "redis-002"]


def test_the_count_changes_at_once_or_not_at_all() -> None:
    create()
    params = {"call": "increase_replica_count", "replicas": 2, "at_once": False}
    assert "ApplyImmediately" in refusal(count, **params)


def test_the_last_replica_is_removed_only_without_failover() -> None:
    create()
    modify(AutomaticFailoverEnabled=False)
    count("decrease_replica_count", 0)
    assert clusters() == ["redis-001"]
    assert "at least 2 cache clusters" in refusal(modify, AutomaticFailoverEnabled=True)


def test_multi_az_and_failover_go_together() -> None:
    create(AutomaticFailoverEnabled=False)
    assert "requires automatic failover" in refusal(modify, MultiAZEnabled=True)
    modify(MultiAZEnabled=True, AutomaticFailoverEnabled=True)
    assert "requires automatic failover" in refusal(modify, AutomaticFailoverEnabled=False)
    modify(MultiAZEnabled=False, AutomaticFailoverEnabled=False)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"CacheNodeType": "cache.t9.micro"}, "Invalid Cache Node Type"),
        ({"SnapshotRetentionLimit": 36}, "Must be between 0 and 35"),
        ({"CacheParameterGroupName": "unknown"}, "CacheParameterGroupNotFound"),
        ({"EngineVersion": "6.2"}, "Expected a parameter group of family redis6.x"),
        ({"SnapshotWindow": "05:30-06:30"}, "must not overlap"),
        ({"PreferredMaintenanceWindow": "mon:03:30-mon:04:30"}, "must not overlap"),
    ],
)
def test_refusals_of_a_new_group_apply_to_a_changed_one(params: dict[str, Any], words: str) -> None:
    parameter_group()
    create(
        EngineVersion="7.1",
        CacheParameterGroupName="params",
        SnapshotWindow="03:00-04:00",
        PreferredMaintenanceWindow="sun:05:00-sun:06:00",
    )
    assert words in refusal(modify, **params)


def test_a_change_appears_in_the_group_and_its_members() -> None:
    create(SnapshotWindow="03:00-04:00")
    modify(
        CacheNodeType="cache.t4g.small",
        SnapshotWindow="07:00-08:00",
        AutoMinorVersionUpgrade=False,
        SnapshotRetentionLimit=3,
    )
    assert (found()["CacheNodeType"], found()["SnapshotWindow"]) == (
        "cache.t4g.small",
        "07:00-08:00",
    )
    for member in boto3.client("elasticache").describe_cache_clusters()["CacheClusters"]:
        assert member["CacheNodeType"] == "cache.t4g.small"
        assert member["AutoMinorVersionUpgrade"] is False
        assert member["SnapshotRetentionLimit"] == 3


def put(token: str, strategy: str) -> None:
    """Change the tokens, and wait until it has taken effect."""
    modify(AuthToken=token, AuthTokenUpdateStrategy=strategy)
    CLOCK.advance(30)


def test_a_token_is_rotated_in_and_then_set_alone() -> None:
    create()
    put(NEXT, "ROTATE")
    put(NEXT, "SET")
    assert "only after it was added" in refusal(put, token=TOKEN, strategy="SET")


def test_a_token_is_set_only_after_it_was_rotated_in() -> None:
    create()
    assert "only after it was added" in refusal(put, token=TOKEN, strategy="SET")


@pytest.mark.parametrize(("strategy", "status"), [("ROTATE", "ROTATING"), ("SET", "SETTING")])
def test_a_token_change_is_refused_during_another(strategy: str, status: str) -> None:
    create()
    put(NEXT, "ROTATE")
    modify(AuthToken=NEXT, AuthTokenUpdateStrategy=strategy)
    assert (found()["Status"], found()["PendingModifiedValues"]) == (
        "modifying",
        {"AuthTokenStatus": status},
    )
    message = refusal(modify, AuthToken=THIRD, AuthTokenUpdateStrategy="ROTATE")
    assert message.startswith("InvalidReplicationGroupState:")
    CLOCK.advance(30)
    assert (found()["Status"], found().get("PendingModifiedValues", {})) == ("available", {})


def test_between_rotate_and_set_the_last_token_can_be_gone_back_to() -> None:
    create()
    put(NEXT, "ROTATE")
    put(TOKEN, "SET")


def test_no_more_than_two_tokens_are_taken() -> None:
    create()
    put(NEXT, "ROTATE")
    put(THIRD, "ROTATE")
    assert "only after it was added" in refusal(put, token=TOKEN, strategy="SET")
    put(NEXT, "SET")


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"AuthToken": "short", "AuthTokenUpdateStrategy": "ROTATE"}, "Invalid AuthToken"),
        ({"AuthTokenUpdateStrategy": "ROTATE"}, "must be specified with an AUTH token"),
        ({"AuthToken": NEXT, "AuthTokenUpdateStrategy": "DELETE"}, "user group"),
    ],
)
def test_a_token_that_cannot_be_is_refused(params: dict[str, str], words: str) -> None:
    create()
    assert words in refusal(modify, **params)


def test_a_group_without_tls_refuses_a_token() -> None:
    create(TransitEncryptionEnabled=False, AuthToken=None)
    assert "encryption-in-transit" in refusal(put, token=NEXT, strategy="ROTATE")


def test_a_group_changes_from_redis_to_valkey_only() -> None:
    create(EngineVersion="7.1")
    assert "EngineVersion must be provided" in refusal(modify, Engine="valkey")
    assert modify(Engine="valkey", EngineVersion="8.0")["Engine"] == "valkey"
    nodes = boto3.client("elasticache").describe_cache_clusters()["CacheClusters"]
    assert {(node["Engine"], node["EngineVersion"]) for node in nodes} == {("valkey", "8.0")}
    assert "Cannot modify the engine" in refusal(modify, Engine="redis", EngineVersion="8.1")


def test_a_group_does_not_go_back_to_an_earlier_version() -> None:
    create(EngineVersion="7.0")
    modify(EngineVersion="7.1")
    assert "not supported" in refusal(modify, EngineVersion="7.0")


def test_transit_encryption_changes_in_place() -> None:
    create(TransitEncryptionEnabled=False, AuthToken=None, EngineVersion="7.1")
    modify(TransitEncryptionEnabled=True)
    assert found()["TransitEncryptionEnabled"] is True
