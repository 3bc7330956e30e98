from collections import Counter
from dataclasses import replace

import pytest

from components.cluster import Cluster, ClusterArgs, strategy
from harness import declare
from pulumi_moto.ecs.capacity import next_provider

ARGS = ClusterArgs(cluster_name="arbor-test-cluster", exec_log_group="/exec", kms_key_arn="arn:kms")


def test_sessions_are_logged_and_encrypted_and_insights_are_on() -> None:
    cluster = declare(lambda: Cluster("cluster", ARGS)).only("aws:ecs/cluster:Cluster")
    execute = cluster["configuration"]["executeCommandConfiguration"]
    assert (execute["logging"], execute["kmsKeyId"]) == ("OVERRIDE", "arn:kms")
    assert execute["logConfiguration"] == {
        "cloudWatchEncryptionEnabled": True,
        "cloudWatchLogGroupName": "/exec",
    }
    assert cluster["settings"] == [{"name": "containerInsights", "value": "enabled"}]


def test_without_a_weight_nothing_is_on_spot() -> None:
    assert strategy(0) == [("FARGATE", 1, 1)]


def test_there_is_no_base_so_the_only_task_can_run_on_spot() -> None:
    assert strategy(3) == [("FARGATE", 1, 0), ("FARGATE_SPOT", 3, 0)]


@pytest.mark.parametrize(
    ("weight", "placed"),
    [
        (0, ["FARGATE"] * 4),
        (2, ["FARGATE_SPOT", "FARGATE", "FARGATE_SPOT", "FARGATE_SPOT"]),
        (3, ["FARGATE_SPOT", "FARGATE_SPOT", "FARGATE", "FARGATE_SPOT"]),
    ],
)
def test_the_only_task_of_a_service_runs_on_spot(weight: int, placed: list[str]) -> None:
    """The placement of the emulated ECS, one task after the other."""
    items = [
        {"capacityProvider": provider, "weight": share, "base": base}
        for provider, share, base in strategy(weight)
    ]
    running: Counter[str] = Counter()
    for provider in placed:
        assert next_provider(items, running) == provider
        running[provider] += 1


def test_both_fargate_providers_exist() -> None:
    providers = declare(lambda: Cluster("cluster", ARGS)).only(
        "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders"
    )
    assert providers["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(ValueError, match=r"arbor-test-cluster: spot_weight .* got -1"):
        replace(ARGS, spot_weight=-1)
