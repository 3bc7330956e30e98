"""The log groups that AWS makes by itself, when the program's are not there first."""

from typing import Any

import boto3
import pytest

from emulated_account import create_network
from rds_fixtures import database, subnet_group

INSIGHTS = "/aws/ecs/containerinsights/shop/performance"
ON = [{"name": "containerInsights", "value": "enabled"}]
Client = Any


@pytest.fixture
def logs() -> Client:
    return boto3.client("logs")


def days(logs: Client, name: str) -> list[int | None]:
    """Return the retention of the groups of this name; None keeps events forever."""
    found = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return [one.get("retentionInDays") for one in found]


def test_container_insights_makes_its_group_and_keeps_it_for_ever(logs: Client) -> None:
    ecs = boto3.client("ecs")
    ecs.create_cluster(clusterName="shop")
    assert days(logs, INSIGHTS) == []
    ecs.update_cluster(cluster="shop", settings=ON)
    assert days(logs, INSIGHTS) == [None]


def test_an_existing_log_group_is_kept(logs: Client) -> None:
    logs.create_log_group(logGroupName=INSIGHTS)
    logs.put_retention_policy(logGroupName=INSIGHTS, retentionInDays=30)
    boto3.client("ecs").create_cluster(clusterName="shop", settings=ON)
    assert days(logs, INSIGHTS) == [30]


@pytest.mark.parametrize(("seconds", "kept"), [(0, []), (60, [None])])
def test_enhanced_monitoring_makes_the_account_s_group(
    logs: Client, seconds: int, kept: list[None]
) -> None:
    subnet_group("private", create_network()[1])
    role = {"MonitoringRoleArn": "arn:aws:iam::123456789012:role/monitoring"} if seconds else {}
    database(DBSubnetGroupName="private", MonitoringInterval=seconds, **role)
    assert days(logs, "RDSOSMetrics") == kept
