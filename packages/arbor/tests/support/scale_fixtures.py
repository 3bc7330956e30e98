"""Autoscaling of an account's services."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from arbor.scale import target
from ecs_world import client
from pulumi_moto.clock import CLOCK
from staging_fixtures import CLUSTER, Staging

CEILING = 10


def now() -> datetime:
    """The account's time."""
    return datetime.now(UTC) + timedelta(seconds=CLOCK.now())


@pytest.fixture
def scaled(staging: Staging) -> Staging:
    """Staging, where autoscaling keeps both services between 2 and 10 tasks."""
    for app in ("backend", "frontend"):
        register(staging, app, MinCapacity=2, MaxCapacity=CEILING)
    return staging


def register(staging: Staging, app: str = "backend", **requested: Any) -> None:
    where = target.where(staging.account, app)
    client("application-autoscaling").register_scalable_target(**where, **requested)


def floor(app: str = "backend") -> int:
    found = client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="ecs", ResourceIds=[f"service/{CLUSTER}/arbor-staging-{app}"]
    )["ScalableTargets"]
    return int(found[0]["MinCapacity"])


def scheduled_floors() -> list[tuple[str, int]]:
    """Schedule and floor of each scheduled action."""
    found = client("application-autoscaling").describe_scheduled_actions(ServiceNamespace="ecs")
    return [
        (action["Schedule"], action["ScalableTargetAction"]["MinCapacity"])
        for action in found["ScheduledActions"]
    ]
