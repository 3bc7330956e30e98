"""The program's own deployment alarms, in deployments, on what load balancers report.

Each story is a minute a step. The other colour has never had a datapoint, as before the second
deployment of a service.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from components.deployment_alarms import DeploymentAlarms, DeploymentAlarmsArgs
from ecs_world import World, client
from harness import declare
from pulumi_moto.clock import CLOCK
from pulumi_moto.services import cloudwatch as row

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
LIVE, OTHER = "targetgroup/live/1", "targetgroup/other/2"
BAKE_MINUTES = 15
Minute = tuple[int, int]
"""Requests, and how many of them were answered with 5xx."""


def alarms() -> list[str]:
    """As the component declares them, made by the emulated provider; returns their names."""

    def program() -> None:
        args = DeploymentAlarmsArgs(
            load_balancer_suffix="app/lb/0", blue_suffix=LIVE, green_suffix=OTHER
        )
        DeploymentAlarms("backend", args)

    declared = declare(program).all(ALARM)
    made = client("cloudwatch")
    return [row.create(made, {**inputs, "name": name}) for name, inputs in declared.items()]


def report(metric: str, value: float, group: str = LIVE) -> None:
    """What the load balancer counted in the minute that is over."""
    client("cloudwatch").put_metric_data(
        Namespace="AWS/ApplicationELB",
        MetricData=[
            {
                "MetricName": metric,
                "Value": value,
                "Timestamp": datetime.now(UTC) + timedelta(seconds=CLOCK.now() - 60),
                "Dimensions": [
                    {"Name": "LoadBalancer", "Value": "app/lb/0"},
                    {"Name": "TargetGroup", "Value": group},
                ],
            }
        ],
    )


def pass_minutes(story: Iterable[Minute], group: str = LIVE) -> None:
    """ELB reports a metric only where there is something to count."""
    for requests, failed in story:
        CLOCK.advance(60)
        if requests:
            report("RequestCount", requests, group)
        if failed:
            report("HTTPCode_Target_5XX_Count", failed, group)


def begun(world: World) -> None:
    """A release that bakes: its colour has the traffic."""
    configuration = {
        **world.params()["deploymentConfiguration"],
        "bakeTimeInMinutes": BAKE_MINUTES,
        "alarms": {"alarmNames": alarms(), "enable": True, "rollback": True},
    }
    world.deployed(deploymentConfiguration=configuration)
    world.release()
    world.until("BAKE_TIME")


def ended(world: World) -> str:
    CLOCK.advance(BAKE_MINUTES * 60)
    return str(world.newest()["status"])


QUIET: list[Minute] = [(0, 0)] * 10
BUSY: list[Minute] = [(1000, 8)] * 4
GOOD: dict[str, list[Minute]] = {
    "no traffic at all": QUIET,
    "a failover of the database, and connections that come back": [
        *BUSY,
        (1000, 500),
        (1000, 1000),
        (1000, 900),
        (1000, 150),
        *BUSY,
    ],
    "ten times the traffic with the same part that fails": [(10_000, 80)] * 10,
    "one client that retries in a quiet night": [(15, 15)] * 10,
    "one client beyond the application's limit, until the firewall stops it": [
        *BUSY,
        (2000, 940),
        (2000, 940),
        (1300, 300),
        (1100, 110),
        *BUSY,
    ],
}
BAD: dict[str, list[Minute]] = {
    "everything fails": [(1000, 1000)] * 6,
    "a tenth fails": [(1000, 100)] * 6,
    "few requests, half of which fail": [(20, 10)] * 6,
}


@pytest.mark.parametrize("story", GOOD)
def test_a_good_release_stays(world: World, story: str) -> None:
    begun(world)
    pass_minutes(GOOD[story])
    assert world.newest()["status"] == "IN_PROGRESS"
    assert ended(world) == "SUCCESSFUL"


@pytest.mark.parametrize("group", [LIVE, OTHER])
@pytest.mark.parametrize("story", BAD)
def test_a_bad_release_is_rolled_back_in_either_colour(
    world: World, story: str, group: str
) -> None:
    begun(world)
    pass_minutes(BAD[story], group)
    found = world.newest()
    assert found["status"] == "ROLLBACK_IN_PROGRESS"
    assert found["alarms"]["triggeredAlarmNames"] == ["backend-5xx"]


@pytest.mark.parametrize("group", [LIVE, OTHER])
def test_unhealthy_targets_of_either_colour_roll_back(world: World, group: str) -> None:
    begun(world)
    for _ in range(4):
        CLOCK.advance(60)
        report("UnHealthyHostCount", 1, group)
    assert world.newest()["alarms"]["triggeredAlarmNames"] == ["backend-unhealthy"]


def test_an_alarm_is_described_with_the_state_of_its_datapoints(world: World) -> None:
    assert world
    names = alarms()

    def states() -> dict[str, str]:
        found = client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
        return {alarm["AlarmName"]: alarm["StateValue"] for alarm in found}

    assert set(states().values()) == {"INSUFFICIENT_DATA"}
    pass_minutes(BAD["everything fails"])
    assert states()["backend-5xx"] == "ALARM"
    pass_minutes(BUSY)
    assert states()["backend-5xx"] == "OK"


@pytest.mark.parametrize(
    ("missing", "state"),
    [
        ("notBreaching", "OK"),
        ("breaching", "ALARM"),
        ("missing", "INSUFFICIENT_DATA"),
        ("ignore", "ALARM"),
    ],
)
def test_missing_data_is_treated_as_configured(world: World, missing: str, state: str) -> None:
    assert world
    cloudwatch: Any = client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="few",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=2,
        MetricName="RequestCount",
        Namespace="AWS/ApplicationELB",
        Dimensions=[
            {"Name": "LoadBalancer", "Value": "app/lb/0"},
            {"Name": "TargetGroup", "Value": LIVE},
        ],
        Period=60,
        Statistic="Sum",
        Threshold=10,
        TreatMissingData=missing,
    )

    def response() -> str:
        (found,) = cloudwatch.describe_alarms(AlarmNames=["few"])["MetricAlarms"]
        return str(found["StateValue"])

    pass_minutes([(20, 0)] * 3)
    assert response() == "ALARM"
    CLOCK.advance(600)
    assert response() == state
