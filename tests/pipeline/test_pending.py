"""Changes that wait for a maintenance window, as RDS and ElastiCache report them."""

from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulated_account import configure, emulated
from pipeline.hazards import pending

NAME = "arbor-staging-db"


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    configure(monkeypatch)
    with emulated():
        yield


def database() -> Any:
    rds = boto3.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier=NAME,
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        EngineVersion="16",
        AllocatedStorage=20,
        MasterUsername="arbor",
        MasterUserPassword="first-password",
    )
    return rds


def waiting() -> list[str]:
    return [one.sentence for one in pending.find(boto3.client, "staging")]


def test_nothing_is_pending_without_a_database() -> None:
    assert waiting() == []


def test_a_pending_class_is_reported() -> None:
    rds = database()
    assert waiting() == []
    rds.modify_db_instance(DBInstanceIdentifier=NAME, DBInstanceClass="db.t4g.small")
    (sentence,) = waiting()
    assert sentence == (
        "arbor-staging-db: DBInstanceClass db.t4g.small waits for the maintenance window; any "
        "other change of it applies that at once."
    )


def test_a_pending_password_does_not_count() -> None:
    rds = database()
    rds.modify_db_instance(DBInstanceIdentifier=NAME, MasterUserPassword="second-password")
    (found,) = rds.describe_db_instances(DBInstanceIdentifier=NAME)["DBInstances"]
    assert found["PendingModifiedValues"]
    assert waiting() == []


class Cache:
    """ElastiCache with its descriptions of a group and its nodes."""

    def __init__(self, group: Mapping[str, Any], node: Mapping[str, Any]) -> None:
        self.group, self.node = group, node

    def describe_replication_groups(self, **_: str) -> dict[str, Any]:
        found = {"MemberClusters": ["arbor-staging-redis-001"], "PendingModifiedValues": self.group}
        return {"ReplicationGroups": [found]}

    def describe_cache_clusters(self, **_: str) -> dict[str, Any]:
        return {"CacheClusters": [{"PendingModifiedValues": self.node}]}


def test_pending_changes_of_cache_group_and_nodes_are_reported() -> None:
    cache = Cache(
        {"AutomaticFailoverStatus": "enabled", "AuthTokenStatus": "ROTATING"},
        {"CacheNodeType": "cache.t3.small", "CacheNodeIdsToRemove": []},
    )

    def client(service: str) -> Any:
        return cache if service == "elasticache" else boto3.client("rds")

    found = [(one.resource, one.setting, one.value) for one in pending.find(client, "staging")]
    assert found == [
        ("arbor-staging-redis", "AutomaticFailoverStatus", "enabled"),
        ("arbor-staging-redis-001", "CacheNodeType", "cache.t3.small"),
    ]


def test_a_denied_read_raises() -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied"}}, "DescribeDBInstances")

    class Rds:
        def describe_db_instances(self, **_: str) -> dict[str, Any]:
            raise denied

    with pytest.raises(ClientError, match="AccessDenied"):
        pending.find(lambda _: Rds(), "staging")


def test_a_pending_node_type_is_reported_for_each_node() -> None:
    cache = boto3.client("elasticache")
    cache.create_replication_group(
        ReplicationGroupId="arbor-staging-redis",
        ReplicationGroupDescription="d",
        CacheNodeType="cache.t3.micro",
        NumCacheClusters=2,
        AutomaticFailoverEnabled=True,
    )
    assert waiting() == []
    cache.modify_replication_group(
        ReplicationGroupId="arbor-staging-redis", CacheNodeType="cache.t3.small"
    )
    found = [(one.resource, one.setting) for one in pending.find(boto3.client, "staging")]
    nodes = ("arbor-staging-redis-001", "arbor-staging-redis-002")
    assert found == [(node, "CacheNodeType") for node in nodes]
