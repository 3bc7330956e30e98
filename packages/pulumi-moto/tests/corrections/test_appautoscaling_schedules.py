from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.core.utils import utcnow

from autoscaling_fixtures import WHERE, service
from pulumi_moto.clock import CLOCK
from pulumi_moto.row import Client

NAME = "evening"


@pytest.fixture
def scaling() -> Client:
    """A service of two tasks that may run up to ten."""
    service()
    made = boto3.client("application-autoscaling")
    made.register_scalable_target(**WHERE, MinCapacity=2, MaxCapacity=10)
    return made


def at(minutes: float) -> str:
    """So many minutes of the account from now."""
    due = utcnow() + timedelta(seconds=CLOCK.now(), minutes=minutes)
    return f"at({due:%Y-%m-%dT%H:%M:%S})"


def put(scaling: Client, schedule: str, **more: Any) -> None:
    scaling.put_scheduled_action(
        **{
            **WHERE,
            "ScheduledActionName": NAME,
            "Schedule": schedule,
            "ScalableTargetAction": {"MinCapacity": 4},
            **more,
        }
    )


def limits(scaling: Client) -> tuple[int, int]:
    (found,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    return found["MinCapacity"], found["MaxCapacity"]


def count() -> int:
    found = boto3.client("ecs").describe_services(cluster="shop", services=["backend"])
    return int(found["services"][0]["desiredCount"])


def test_at_its_time_the_limits_change_and_the_count_is_brought_between_them(
    scaling: Client,
) -> None:
    put(scaling, at(60))
    CLOCK.advance(59 * 60)
    assert (limits(scaling), count()) == ((2, 10), 2)
    CLOCK.advance(120)
    assert (count(), limits(scaling)) == (4, (4, 10))


def test_a_lower_minimum_stops_no_task(scaling: Client) -> None:
    boto3.client("ecs").update_service(cluster="shop", service="backend", desiredCount=6)
    put(scaling, at(60), ScalableTargetAction={"MinCapacity": 1})
    CLOCK.advance(3700)
    assert (limits(scaling), count()) == ((1, 10), 6)


def test_it_runs_once_and_again_when_it_is_given_another_time(scaling: Client) -> None:
    put(scaling, at(60))
    CLOCK.advance(3700)
    scaling.register_scalable_target(**WHERE, MinCapacity=1)
    CLOCK.advance(3700)
    assert limits(scaling) == (1, 10)
    put(scaling, at(60))
    CLOCK.advance(3700)
    assert limits(scaling) == (4, 10)


def test_a_name_is_unique_and_is_described(scaling: Client) -> None:
    put(scaling, at(60))
    put(scaling, at(90), ScalableTargetAction={"MinCapacity": 3})
    (found,) = scaling.describe_scheduled_actions(**WHERE)["ScheduledActions"]
    assert (found["Schedule"], found["ScalableTargetAction"]) == (at(90), {"MinCapacity": 3})


def test_a_time_in_a_zone_is_that_zones(scaling: Client) -> None:
    put(scaling, at(60), Timezone="Etc/GMT-1")  # an hour ahead of UTC: due now
    CLOCK.advance(60)
    assert limits(scaling) == (4, 10)


def test_while_schedules_are_suspended_nothing_runs(scaling: Client) -> None:
    put(scaling, at(60))
    scaling.register_scalable_target(**WHERE, SuspendedState={"ScheduledScalingSuspended": True})
    CLOCK.advance(3700)
    assert (limits(scaling), count()) == ((2, 10), 2)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"ResourceId": "service/shop/frontend"}, "ObjectNotFoundException"),
        ({"Schedule": "at(2030-02-30T00:00:00)"}, "ValidationException"),
        ({"Schedule": "tomorrow"}, "ValidationException"),
        ({"Timezone": "Mars/Olympus"}, "ValidationException"),
        ({"ScalableTargetAction": {}}, "ValidationException"),
        ({"ScalableTargetAction": {"MinCapacity": 5, "MaxCapacity": 4}}, "ValidationException"),
    ],
)
def test_a_service_that_cannot_run_is_refused(scaling: Client, params: Any, code: str) -> None:
    with pytest.raises(ClientError, match=code):
        put(scaling, at(60), **params)
    assert scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"] == []


def test_a_missing_action_cannot_be_deleted(scaling: Client) -> None:
    put(scaling, at(60))
    scaling.delete_scheduled_action(**WHERE, ScheduledActionName=NAME)
    with pytest.raises(ClientError, match="ObjectNotFoundException"):
        scaling.delete_scheduled_action(**WHERE, ScheduledActionName=NAME)
    CLOCK.advance(3700)
    assert limits(scaling) == (2, 10)


def test_a_scheduled_action_is_deleted_with_its_target(scaling: Client) -> None:
    put(scaling, at(60))
    scaling.deregister_scalable_target(**WHERE)
    assert scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"] == []
