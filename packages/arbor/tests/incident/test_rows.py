"""What a line of the screen makes of what was found: where well ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from arbor.incident import cache, certificate, database, deployments, tasks
from arbor.incident.row import ago, listed
from arbor.words import counted

NOW = datetime(2026, 1, 27, 3, 0, tzinfo=UTC)
DATABASE = database.DatabaseNow(
    name="db",
    status="available",
    instance_class="db.t3.medium",
    multi_az=True,
    pending=[],
    size_gib=20,
    free_gib=2.0,
)
CACHE = cache.CacheNow(name="redis", status="available", nodes=2, failover="enabled")
CERTIFICATE = certificate.CertificateNow(
    arn="a", domain="d", status="ISSUED", used=True, days_left=30, renewal=""
)
DEPLOYMENT = deployments.DeploymentNow(
    app="backend", arn="a", status="SUCCESSFUL", since=NOW - timedelta(minutes=5)
)
STOPPED = tasks.Stopped(
    app="backend", task="t", revision="r:1", at=NOW, why="w", exit_codes=[137], crashed=True
)


@pytest.mark.parametrize(
    ("found", "stack", "mark"),
    [
        (DATABASE, "production", "OK"),
        (replace(DATABASE, status="backing-up"), "production", "OK"),
        (replace(DATABASE, status="modifying", pending=["DBInstanceClass x"]), "production", "OK"),
        (replace(DATABASE, status="rebooting"), "production", "NG"),
        (replace(DATABASE, free_gib=1.9), "production", "NG"),
        (replace(DATABASE, free_gib=None), "production", "OK"),
        (replace(DATABASE, multi_az=False), "production", "NG"),
        (replace(DATABASE, multi_az=False), "staging", "OK"),
    ],
)
def test_a_database_is_well(found: database.DatabaseNow, stack: str, mark: str) -> None:
    (row,) = database.rows(found, stack)
    assert row.mark == mark


def test_what_waits_to_be_changed_is_told() -> None:
    (row,) = database.rows(replace(DATABASE, pending=["DBInstanceClass db.t3.large"]), "production")
    assert row.says.endswith("; 2.0 of 20 GiB free; pending: DBInstanceClass db.t3.large")


@pytest.mark.parametrize(
    ("found", "stack", "mark"),
    [
        (CACHE, "production", "OK"),
        (replace(CACHE, status="snapshotting"), "production", "OK"),
        (replace(CACHE, status="create-failed"), "production", "NG"),
        (replace(CACHE, failover="disabled"), "production", "NG"),
        (replace(CACHE, failover="disabled"), "staging", "OK"),
    ],
)
def test_a_cache_is_well(found: cache.CacheNow, stack: str, mark: str) -> None:
    (row,) = cache.rows(found, stack)
    assert row.mark == mark


@pytest.mark.parametrize(
    ("found", "mark"),
    [
        (CERTIFICATE, "OK"),
        (replace(CERTIFICATE, days_left=29), "NG"),
        (replace(CERTIFICATE, renewal="PENDING_VALIDATION"), "OK"),
        (replace(CERTIFICATE, renewal="FAILED"), "NG"),
        (replace(CERTIFICATE, days_left=-1, status="EXPIRED"), "NG"),
        (replace(CERTIFICATE, days_left=None, status="PENDING_VALIDATION"), "NG"),
    ],
)
def test_a_certificate_is_well(found: certificate.CertificateNow, mark: str) -> None:
    (row,) = certificate.rows([found])
    assert row.mark == mark


@pytest.mark.parametrize(
    ("status", "age", "mark"),
    [
        ("SUCCESSFUL", timedelta(days=9), "OK"),
        ("IN_PROGRESS", timedelta(), "OK"),
        ("ROLLBACK_IN_PROGRESS", timedelta(), "NG"),
        ("ROLLBACK_SUCCESSFUL", timedelta(hours=23), "NG"),
        ("ROLLBACK_SUCCESSFUL", timedelta(hours=25), "OK"),
        ("ROLLBACK_FAILED", timedelta(days=9), "NG"),
        ("STOPPED", timedelta(days=9), "NG"),
    ],
)
def test_how_a_deployment_ended_is_news_for_a_day(status: str, age: timedelta, mark: str) -> None:
    (row,) = deployments.rows([replace(DEPLOYMENT, status=status, since=NOW - age)], NOW, "staging")
    assert row.mark == mark


def test_a_deployment_that_waits_says_for_whom() -> None:
    found = replace(DEPLOYMENT, status="IN_PROGRESS", stage="POST_TEST_TRAFFIC_SHIFT", waits=True)
    (row,) = deployments.rows([found], NOW, "staging")
    assert row.says == (
        "IN_PROGRESS at POST_TEST_TRAFFIC_SHIFT, 5 min ago; waits for a person: "
        "`arbor bluegreen switch --stack staging` or `arbor bluegreen abort --stack staging`"
    )


def test_crashes_are_told_apart_from_tasks_that_made_room() -> None:
    left = replace(STOPPED, crashed=False, why="Scaling activity initiated by deployment d")
    found = tasks.TasksNow(running={"backend": {"r:1": 2}, "frontend": {}}, stopped=[STOPPED, left])
    told = [(row.mark, row.says) for row in tasks.rows(found, NOW)]
    assert told == [
        ("OK", "running: 2 of r:1"),
        ("NG", "1 crashed in the last hour; t, just now: w (exit code 137)"),
        ("", "1 stopped in the last hour: Scaling activity initiated by deployment d"),
        ("NG", "running: none"),
    ]


def test_ages_and_lists_are_short() -> None:
    ages = [timedelta(seconds=59), timedelta(minutes=59), timedelta(hours=23), timedelta(days=3)]
    assert [ago(NOW - age, NOW) for age in ages] == [
        "just now",
        "59 min ago",
        "23 h ago",
        "3 d ago",
    ]
    assert [counted(number, "line") for number in (0, 1, 2)] == ["0 lines", "1 line", "2 lines"]
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"
