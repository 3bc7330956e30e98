"""Rate limit: one client above the application's own limit rolls back no deployment.

The application returns 500 to it. The firewall's limits and the deployment alarm's own expression
are simulated minute by minute, with the committed values.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from both_stacks import PRODUCTION, STAGING
from components.service import Service
from components.test_service import ARGS
from harness import declare
from one_client import APPLICATION, MINUTE, Client, Limit
from pulumi_moto.metric_math import evaluate

RATES = (17, 45, 61, 90, 300, 1000)
"""Requests a minute: above 1000 an hour, above 60 a minute, and far above."""
WAITS = (0, 60, 120)
"""Seconds that it waits after a 429; Retry-After is 120."""
OTHERS = (0, 20, 100, 500)
"""Requests a minute of other clients, all of which succeed."""
HOURS = 2.0
FIREWALL: tuple[Limit, ...] = (
    (PRODUCTION.firewall.api_requests_per_minute, MINUTE),
    (PRODUCTION.firewall.api_requests_per_ten_minutes, 10 * MINUTE),
)


@cache
def alarm() -> Mapping[str, Any]:
    alarms = declare(lambda: Service("backend", ARGS)).all("aws:cloudwatch/metricAlarm:MetricAlarm")
    return dict(alarms["backend-alarms-5xx"])


def longest_alarm(failures: Mapping[int, int], others: int) -> int:
    """The most consecutive minutes that count as failing."""
    minutes = range(int(HOURS * 60) + 2)
    (expression,) = (q["expression"] for q in alarm()["metricQueries"] if q.get("returnData"))
    metrics = {
        "blue_failed": {m: float(failures[m]) for m in minutes if m in failures},
        "blue_requests": {m: float(failures.get(m, 0) + others) for m in minutes},
        "green_failed": {},
        "green_requests": {},
    }
    rate = evaluate(expression, metrics, list(minutes))
    assert isinstance(rate, dict)
    longest = run = 0
    for minute in minutes:
        run = run + 1 if rate.get(minute, 0) >= alarm()["threshold"] else 0
        longest = max(longest, run)
    return longest


def rolls_back(failures: Mapping[int, int]) -> bool:
    return any(longest_alarm(failures, n) >= alarm()["datapointsToAlarm"] for n in OTHERS)


def test_the_firewalls_limits_are_below_the_applications() -> None:
    (per_minute, _), (per_hour, _) = APPLICATION
    for stack in (PRODUCTION, STAGING):
        assert stack.firewall.api_requests_per_minute < per_minute
        assert 6 * stack.firewall.api_requests_per_ten_minutes < per_hour


@pytest.mark.parametrize("waits", WAITS)
@pytest.mark.parametrize("rate", RATES)
def test_rate_limit_one_client_does_not_roll_a_deployment_back(rate: int, waits: int) -> None:
    for begins in (0, 30):  # in a minute of the alarm
        assert not rolls_back(Client(rate, waits).failures(FIREWALL, hours=HOURS, begins=begins)), (
            begins
        )


@pytest.mark.parametrize("rate", [45, 120, 1000])
def test_a_firewall_delay_of_three_minutes_is_tolerated(rate: int) -> None:
    """AWS documents up to several minutes, and usually less than 30 seconds."""
    for waits in WAITS:
        assert not rolls_back(Client(rate, waits).failures(FIREWALL, hours=HOURS, delay=180))


@pytest.mark.parametrize("rate", [30, 45, 120, 1000])
def test_without_the_firewalls_limits_a_deployment_is_rolled_back(rate: int) -> None:
    assert rolls_back(Client(rate).failures((), hours=HOURS))


def test_the_minute_limit_alone_is_not_enough() -> None:
    assert rolls_back(Client(45).failures(FIREWALL[:1], hours=HOURS))


def test_a_client_below_both_limits_reaches_the_application() -> None:
    assert Client(13).failures(FIREWALL, hours=HOURS) == {}


def test_a_client_between_both_limits_gets_429_before_the_applications_limit() -> None:
    for waits in WAITS:
        assert Client(45, waits).failures(FIREWALL, hours=HOURS) == {}
