"""The row of a replication group, where its calls must come in an order ElastiCache takes."""

from typing import Any

import boto3

from elasticache_fixtures import clusters, create, found
from pulumi_moto.row import Change
from pulumi_moto.services.elasticache_replication_group import update_group


def update(**wanted: Any) -> None:
    before = {"numCacheClusters": len(clusters()), "arn": found()["ARN"]}
    change = Change(old=before, new={**before, **wanted}, keys=frozenset(wanted))
    update_group(boto3.client("elasticache"), "redis", change)


def test_the_second_node_is_added_before_failover_and_removed_after_it() -> None:
    create(NumCacheClusters=1, AutomaticFailoverEnabled=False)
    update(numCacheClusters=2, automaticFailoverEnabled=True, multiAzEnabled=True)
    assert (clusters(), found()["MultiAZ"]) == (["redis-001", "redis-002"], "enabled")
    update(numCacheClusters=1, automaticFailoverEnabled=False, multiAzEnabled=False)
    assert (clusters(), found()["MultiAZ"]) == (["redis-001"], "disabled")


def test_the_number_of_nodes_always_changes_at_once() -> None:
    create()
    update(numCacheClusters=3, applyImmediately=False)
    assert len(clusters()) == 3
