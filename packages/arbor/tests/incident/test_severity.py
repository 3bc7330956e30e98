"""How severe what looks: the table that triage judges by."""

from dataclasses import replace
from typing import Any

import pytest

from arbor.incident.facts import App, Facts
from arbor.incident.severity import LEVELS, judge

WELL = Facts(
    backend=App(app="backend", there=True, desired=2, running=2, healthy=2, targets=2, errors=0),
    frontend=App(app="frontend", there=True, desired=2, running=2, healthy=2, targets=2, errors=0),
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


def backend(**changes: Any) -> Facts:
    return replace(WELL, backend=replace(WELL.backend, **changes))


def frontend(**changes: Any) -> Facts:
    return replace(WELL, frontend=replace(WELL.frontend, **changes))


def facts(**changes: Any) -> Facts:
    return replace(WELL, **changes)


CASES = [
    ("P1", backend(url_wrong="answers 503"), "the API answers 503", "arbor restart backend"),
    (
        "P1",
        backend(url_wrong="answers 502", just_deployed=True),
        "the API answers 502",
        "arbor rollback backend",
    ),
    (
        "P1",
        backend(healthy=0),
        "backend: the live colour has no healthy target",
        "arbor restart backend",
    ),
    ("P1", backend(running=0), "backend: no task runs", "arbor restart backend"),
    ("P1", backend(there=False), "there is no backend service", "pulumi up"),
    (
        "P1",
        facts(certificate_wrong="EXPIRED"),
        "the certificate is EXPIRED",
        "arbor audit certificate",
    ),
    ("P2", frontend(healthy=0), "frontend: the live colour has no", "arbor restart frontend"),
    ("P2", frontend(url_wrong="answers 500"), "the frontend answers", "arbor restart frontend"),
    (
        "P2",
        backend(unwell="says 'degraded'", disconnected=["redis disconnected"]),
        "the backend says: redis disconnected",
        "arbor cache stats",
    ),
    (
        "P2",
        backend(disconnected=["database disconnected"]),
        "the backend says: database disconnected",
        "arbor database connections",
    ),
    (
        "P2",
        backend(unwell="says 'degraded' instead of healthy"),
        "the API says 'degraded'",
        "arbor logs backend --errors --since 30m",
    ),
    (
        "P2",
        facts(database_serves=False, database="storage-full"),
        "the database is storage-full",
        "arbor status --watch",
    ),
    (
        "P2",
        facts(cache_serves=False, cache="create-failed"),
        "the cache is create-failed",
        "arbor status --watch",
    ),
    ("P2", facts(failed_requests=50), "50 of 1000 requests (5%)", "arbor restart backend"),
    (
        "P2",
        facts(exhausted=3),
        "the connection pool is exhausted: 3 log lines",
        "arbor restart backend",
    ),
    (
        "P2",
        facts(connections=400),
        "400 of 400 usable database connections are taken",
        "arbor database connections",
    ),
    (
        "P2",
        backend(deployment="backend: ROLLBACK_FAILED", left_half_way=True),
        "backend: ROLLBACK_FAILED",
        "arbor rollback backend",
    ),
    (
        "P3",
        facts(failed_requests=49),
        "49 of 1000 requests",
        "arbor logs backend --errors --since 30m",
    ),
    ("P3", facts(seconds=2.1), "answers take 2.1 s on average", "arbor database top-queries"),
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
        "backend: 2 tasks crashed within the hour: out of memory",
        "arbor logs backend --errors --since 30m",
    ),
    (
        "P3",
        backend(alarms=["5xx rings: 12"]),
        "backend: 5xx rings: 12",
        "arbor logs backend --errors --since 30m",
    ),
    ("P3", facts(connections=320), "320 of 400 usable", "arbor database connections"),
    ("P3", facts(database_full=True), "less than a tenth of its storage", "arbor status"),
    ("P3", facts(hits=499, misses=501), "the cache had 50% of what", "arbor cache warm"),
    ("P3", facts(evictions=7), "the cache evicted 7 keys", "arbor cache stats"),
    (
        "P3",
        frontend(errors=100),
        "frontend: 100 errors",
        "arbor logs frontend --errors --since 30m",
    ),
    (
        "P4",
        backend(deployment="backend: ROLLBACK_SUCCESSFUL"),
        "backend: ROLLBACK_SUCCESSFUL",
        "arbor logs backend --errors --since 30m",
    ),
    (
        "P4",
        backend(errors=99),
        "backend: 99 errors",
        "arbor logs backend --errors --since 30m",
    ),
    (
        "P4",
        facts(certificate_ends="ends in 12 days"),
        "the certificate ends in 12 days",
        "arbor audit certificate",
    ),
    ("P4", facts(no_standby=True), "the database stands in one zone", "arbor status"),
    ("P4", facts(no_failover=True), "no node takes over", "arbor status"),
]


@pytest.mark.parametrize(
    ("level", "found", "evidence", "run"), CASES, ids=[f"{case[0]} {case[2]}" for case in CASES]
)
def test_one_thing_that_is_wrong_is_one_finding(
    level: str, found: Facts, evidence: str, run: str
) -> None:
    (finding,) = judge(found)
    assert (finding.level, finding.run) == (level, run)
    assert finding.evidence.startswith(evidence) or evidence in finding.evidence


@pytest.mark.parametrize(
    "found",
    [
        WELL,
        Facts(),  # nothing is known, and so nothing is known to be wrong
        facts(requests=19, failed_requests=19),
        facts(requests=0, failed_requests=None, seconds=None),
        facts(failed_requests=9),
        facts(seconds=2.0),
        facts(connections=319),
        facts(hits=0, misses=99),
        facts(hits=500, misses=500),
        backend(running=4, desired=2),  # both colours of a deployment
        backend(just_deployed=True),
    ],
)
def test_what_is_well_or_says_too_little_is_no_finding(found: Facts) -> None:
    assert judge(found) == []


def test_the_most_severe_comes_first_and_all_are_told() -> None:
    found = replace(backend(healthy=0, errors=5, url_wrong="answers 503"), seconds=9.0, exhausted=2)
    levels = [finding.level for finding in judge(found)]
    assert levels == ["P1", "P1", "P2", "P3", "P4"]
    assert levels == sorted(levels)


def test_without_its_database_a_backend_is_not_started_again() -> None:
    found = replace(backend(healthy=0), database_serves=False, database="rebooting")
    assert [finding.run for finding in judge(found)] == ["arbor status --watch"] * 2


def test_every_level_of_the_runbook_can_come_out() -> None:
    assert {case[0] for case in CASES} == set(LEVELS)
