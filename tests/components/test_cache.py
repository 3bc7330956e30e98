from dataclasses import replace

import pytest

from components.cache import Cache, CacheArgs
from harness import declare, is_secret

GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
ARGS = CacheArgs(
    replication_group_id="arbor-production-redis",
    node_type="cache.t3.micro",
    nodes=2,
    vpc_id="vpc-1",
    subnet_ids=["isolated-1", "isolated-2"],
    auth_token="not-an-auth-token",
    snapshot_window="02:00-03:00",
    maintenance_window="sun:06:00-sun:07:00",
    kms_key_arn="arn:kms",
    slow_log_group="/slow",
    protect=True,
    final_backup=True,
    tags={"Stack": "test"},
)


@pytest.mark.parametrize(("nodes", "replicated"), [(1, False), (2, True), (3, True)])
def test_two_nodes_or_more_fail_over_to_another_zone(nodes: int, replicated: bool) -> None:
    group = declare(lambda: Cache("cache", replace(ARGS, nodes=nodes))).only(GROUP)
    assert group["numCacheClusters"] == nodes
    assert group["automaticFailoverEnabled"] is replicated
    assert group["multiAzEnabled"] is replicated


def test_it_requires_tls_and_a_token_and_encrypts_its_data() -> None:
    declared = declare(lambda: Cache("cache", ARGS))
    group = declared.only(GROUP)
    assert group["transitEncryptionEnabled"] is True
    assert (group["atRestEncryptionEnabled"], group["kmsKeyId"]) == (True, "arn:kms")
    assert is_secret(group["authToken"])
    assert declared.options_of(GROUP).ignore_changes == ["authToken"]
    assert "not-an-auth-token" not in repr(ARGS)


def test_it_evicts_the_least_used_keys_and_logs_slow_commands() -> None:
    declared = declare(lambda: Cache("cache", ARGS))
    parameters = declared.only("aws:elasticache/parameterGroup:ParameterGroup")
    assert parameters["parameters"] == [{"name": "maxmemory-policy", "value": "allkeys-lru"}]
    (log,) = declared.only(GROUP)["logDeliveryConfigurations"]
    assert (log["logType"], log["destination"], log["logFormat"]) == ("slow-log", "/slow", "json")


@pytest.mark.parametrize("protect", [True, False])
def test_a_final_backup_has_a_unique_name(protect: bool) -> None:
    declared = declare(lambda: Cache("cache", replace(ARGS, protect=protect)))
    name = declared.only(GROUP)["finalSnapshotIdentifier"]
    assert name.startswith("arbor-production-redis-final-")
    assert declared.options_of(GROUP).protect is protect


def test_without_a_final_backup_nothing_remains() -> None:
    gone = declare(lambda: Cache("cache", replace(ARGS, final_backup=False)))
    assert "finalSnapshotIdentifier" not in gone.only(GROUP)


@pytest.mark.parametrize("nodes", [0, 7])
def test_an_invalid_number_of_nodes_is_refused(nodes: int) -> None:
    with pytest.raises(ValueError, match=f"arbor-production-redis: nodes must be 1-6, got {nodes}"):
        replace(ARGS, nodes=nodes)
