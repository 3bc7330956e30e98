"""The severity of each problem."""

from dataclasses import replace
from typing import Any

import pytest

from arbor.incident.severity import LEVELS, judge
from arbor.incident.signals import ServiceSignals, Signals


def healthy(app: str) -> ServiceSignals:
    return ServiceSignals(
        app=app, exists=True, desired=2, running=2, healthy=2, targets=2, errors=0
    )


HEALTHY = Signals(
    services={app: healthy(app) for app in ("backend", "frontend", "admin")},
    requests=1000,
    failed_requests=0,
    seconds=0.2,
    database="available",
    database_serves=True,
    connections=40,
    usable_connections=400,
    exhausted=0,
    cache="available",
    cache_serves=True,
    hits=900,
    misses=100,
    evictions=0,
)


def of_service(app: str, **changes: Any) -> Signals:
    """Healthy signals except those of one service."""
    return replace(HEALTHY, services={**HEALTHY.services, app: replace(healthy(app), **changes)})


def backend(**changes: Any) -> Signals:
    return of_service("backend", **changes)


def frontend(**changes: Any) -> Signals:
    return of_service("frontend", **changes)


def stack(**changes: Any) -> Signals:
    return replace(HEALTHY, **changes)


CASES = [
    (
        "P1",
        backend(url_problem="answers 503"),
        "backend: its public URL answers 503",
        "arbor restart backend",
    ),
    (
        "P1",
        backend(url_problem="answers 502", just_deployed=True),
        "backend: its public URL answers 502",
        "arbor rollback backend",
    ),
    (
        "P1",
        backend(healthy=0),
        "backend: the live target group has 0 healthy targets",
        "arbor restart backend",
    ),
    ("P1", backend(running=0), "backend: 0 tasks running", "arbor restart backend"),
    ("P1", backend(exists=False), "backend: the service doesn't exist", "pulumi up"),
    (
        "P1",
        stack(certificate_invalid="EXPIRED"),
        "the certificate is EXPIRED",
        "arbor audit certificate",
    ),
    ("P2", frontend(healthy=0), "frontend: the live target group has 0", "arbor restart frontend"),
    (
        "P2",
        frontend(url_problem="answers 500"),
        "frontend: its public URL answers",
        "arbor restart frontend",
    ),
    (
        "P2",
        backend(unhealthy="reports 'degraded'", disconnected=["redis disconnected"]),
        "backend reports: redis disconnected",
        "arbor cache stats",
    ),
    (
        "P2",
        backend(disconnected=["database disconnected"]),
        "backend reports: database disconnected",
        "arbor database connections",
    ),
    (
        "P2",
        backend(unhealthy="reports 'degraded' instead of 'healthy'"),
        "backend: its public URL reports 'degraded'",
        "arbor logs backend --errors --since 30m",
    ),
    (
        "P2",
        stack(database_serves=False, database="storage-full"),
        "the database is storage-full",
        "arbor status --watch",
    ),
    (
        "P2",
        stack(cache_serves=False, cache="create-failed"),
        "the cache is create-failed",
        "arbor status --watch",
    ),
    ("P2", stack(failed_requests=50), "50 of 1000 requests (5%)", "arbor restart backend"),
    (
        "P2",
        stack(exhausted=3),
        "the connection pool is exhausted: 3 log lines",
        "arbor restart backend",
    ),
    (
        "P2",
        stack(connections=400),
        "400 of 400 usable database connections are open",
        "arbor database connections",
    ),
    (
        "P2",
        backend(failed_deployment="backend: ROLLBACK_FAILED", half_deployed=True),
        "backend: ROLLBACK_FAILED",
        "arbor rollback backend",
    ),
    (
        "P3",
        stack(failed_requests=49),
        "49 of 1000 requests",
        "arbor logs backend --errors --since 30m",
    ),
    ("P3", stack(seconds=2.1), "responses take 2.1 s on average", "arbor database top-queries"),
    ("P3", backend(running=1), "backend: 1 of 2 tasks running", "arbor status --watch"),
    (
        "P3",
        frontend(healthy=1),
        "frontend: 1 of 2 targets healthy",
        "arbor logs frontend --errors --since 30m",
    ),
    (
        "P3",
        backend(crashes=["out of memory", "older"]),
        "backend: 2 tasks crashed in the last hour: out of memory",
        "arbor logs backend --errors --since 30m",
    ),
    (
        "P3",
        backend(alarms=["5xx is in ALARM: 12"]),
        "backend: 5xx is in ALARM: 12",
        "arbor logs backend --errors --since 30m",
    ),
    ("P3", stack(connections=320), "320 of 400 usable", "arbor database connections"),
    (
        "P3",
        stack(database_full=True),
        "less than a tenth of the database's storage",
        "arbor status",
    ),
    ("P3", stack(hits=499, misses=501), "the cache's hit rate is 50%", "arbor cache warm"),
    ("P3", stack(evictions=7), "the cache is full: it evicted 7 keys", "arbor cache stats"),
    (
        "P3",
        frontend(errors=100),
        "frontend: 100 errors",
        "arbor logs frontend --errors --since 30m",
    ),
    (
        "P4",
        backend(failed_deployment="backend: ROLLBACK_SUCCESSFUL"),
        "backend: ROLLBACK_SUCCESSFUL",
        "arbor logs backend --errors --since 30m",
    ),
    ("P4", backend(errors=99), "backend: 99 errors", "arbor logs backend --errors --since 30m"),
    (
        "P4",
        stack(certificate_ends="ends in 12 days"),
        "the certificate ends in 12 days",
        "arbor audit certificate",
    ),
    ("P4", stack(no_standby=True), "the database has no standby", "arbor status"),
    ("P4", stack(no_failover=True), "the cache has no automatic failover", "arbor status"),
]


@pytest.mark.parametrize(
    ("level", "signals", "evidence", "run"), CASES, ids=[f"{case[0]} {case[2]}" for case in CASES]
)
def test_each_problem_is_one_finding_with_level_and_command(
    level: str, signals: Signals, evidence: str, run: str
) -> None:
    (finding,) = judge(signals)
    assert (finding.level, finding.run) == (level, run)
    assert finding.evidence.startswith(evidence) or evidence in finding.evidence


@pytest.mark.parametrize(
    "signals",
    [
        HEALTHY,
        Signals(),  # every value is unknown
        stack(requests=19, failed_requests=19),
        stack(requests=0, failed_requests=None, seconds=None),
        stack(failed_requests=9),
        stack(seconds=2.0),
        stack(connections=319),
        stack(hits=0, misses=99),
        stack(hits=500, misses=500),
        backend(running=4, desired=2),  # both revisions of a deployment
        backend(just_deployed=True),
    ],
)
def test_healthy_or_too_few_values_are_no_finding(signals: Signals) -> None:
    assert judge(signals) == []


def test_findings_are_complete_and_the_most_severe_comes_first() -> None:
    signals = replace(
        backend(healthy=0, errors=5, url_problem="answers 503"), seconds=9.0, exhausted=2
    )
    levels = [finding.level for finding in judge(signals)]
    assert levels == ["P1", "P1", "P2", "P3", "P4"]
    assert levels == sorted(levels)


def test_a_backend_without_its_database_is_not_restarted() -> None:
    signals = replace(backend(healthy=0), database_serves=False, database="rebooting")
    assert [finding.run for finding in judge(signals)] == ["arbor status --watch"] * 2


def test_each_level_of_the_runbook_has_a_case() -> None:
    assert {case[0] for case in CASES} == set(LEVELS)


def test_a_third_service_is_judged_like_the_frontend() -> None:
    command = "arbor logs admin --errors --since 30m"
    assert [
        (one.level, one.evidence, one.run) for one in judge(of_service("admin", healthy=0))
    ] == [("P2", "admin: the live target group has 0 healthy targets", "arbor restart admin")]
    assert [(one.level, one.run) for one in judge(of_service("admin", alarms=["a"]))] == [
        ("P3", command)
    ]
    assert [(one.level, one.run) for one in judge(of_service("admin", errors=1))] == [
        ("P4", command)
    ]


def test_a_stack_without_a_frontend_has_no_finding_about_it() -> None:
    assert judge(stack(services={"backend": healthy("backend")})) == []


def test_another_service_may_be_the_backend() -> None:
    (finding,) = judge(replace(of_service("admin", healthy=0), backend="admin"))
    assert (finding.level, finding.run) == ("P1", "arbor restart admin")


def test_a_stack_without_services_is_p1() -> None:
    (finding,) = judge(stack(services={}, no_services=True))
    assert (finding.level, finding.run) == ("P1", "pulumi up")
