"""Status and message of each check."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from arbor.incident import cache, certificate, database, deployments, tasks
from arbor.incident.checks import ago, listed
from arbor.words import counted

NOW = datetime(2026, 1, 27, 3, 0, tzinfo=UTC)
DATABASE = database.DatabaseState(
    name="db",
    status="available",
    instance_class="db.t3.medium",
    multi_az=True,
    pending=[],
    size_gib=20,
    free_gib=2.0,
)
CACHE = cache.CacheState(name="redis", status="available", nodes=2, failover="enabled")
CERTIFICATE = certificate.CertificateState(
    arn="a", domain="d", status="ISSUED", used=True, days_left=30, renewal=""
)
DEPLOYMENT = deployments.DeploymentState(
    app="backend", arn="a", status="SUCCESSFUL", since=NOW - timedelta(minutes=5)
)
STOPPED = tasks.StoppedTask(
    app="backend", task="t", revision="r:1", at=NOW, why="w", exit_codes=[137], crashed=True
)


@pytest.mark.parametrize(
    ("found", "stack", "status"),
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
def test_the_status_of_a_database(found: database.DatabaseState, stack: str, status: str) -> None:
    (check,) = database.checks(found, stack)
    assert check.status == status


def test_a_pending_modification_is_shown() -> None:
    (check,) = database.checks(
        replace(DATABASE, pending=["DBInstanceClass db.t3.large"]), "production"
    )
    assert check.message.endswith("; 2.0 of 20 GiB free; pending: DBInstanceClass db.t3.large")


@pytest.mark.parametrize(
    ("found", "stack", "status"),
    [
        (CACHE, "production", "OK"),
        (replace(CACHE, status="snapshotting"), "production", "OK"),
        (replace(CACHE, status="create-failed"), "production", "NG"),
        (replace(CACHE, failover="disabled"), "production", "NG"),
        (replace(CACHE, failover="disabled"), "staging", "OK"),
    ],
)
def test_the_status_of_a_cache(found: cache.CacheState, stack: str, status: str) -> None:
    (check,) = cache.checks(found, stack)
    assert check.status == status


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (CERTIFICATE, "OK"),
        (replace(CERTIFICATE, days_left=29), "NG"),
        (replace(CERTIFICATE, renewal="PENDING_VALIDATION"), "OK"),
        (replace(CERTIFICATE, renewal="FAILED"), "NG"),
        (replace(CERTIFICATE, days_left=-1, status="EXPIRED"), "NG"),
        (replace(CERTIFICATE, days_left=None, status="PENDING_VALIDATION"), "NG"),
    ],
)
def test_the_status_of_a_certificate(found: certificate.CertificateState, status: str) -> None:
    (check,) = certificate.checks([found])
    assert check.status == status


@pytest.mark.parametrize(
    ("deployment", "age", "status"),
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
def test_a_rollback_is_wrong_for_a_day(deployment: str, age: timedelta, status: str) -> None:
    (check,) = deployments.checks(
        [replace(DEPLOYMENT, status=deployment, since=NOW - age)], NOW, "staging"
    )
    assert check.status == status


def test_a_paused_deployment_shows_the_commands_that_continue_it() -> None:
    found = replace(DEPLOYMENT, status="IN_PROGRESS", stage="POST_TEST_TRAFFIC_SHIFT", waits=True)
    (check,) = deployments.checks([found], NOW, "staging")
    assert check.message == (
        "IN_PROGRESS at POST_TEST_TRAFFIC_SHIFT, 5 min ago; paused, run "
        "`arbor bluegreen switch --stack staging` or `arbor bluegreen abort --stack staging`"
    )


def test_crashed_tasks_have_a_row_of_their_own() -> None:
    left = replace(STOPPED, crashed=False, why="Scaling activity initiated by deployment d")
    found = tasks.TaskStates(
        running={"backend": {"r:1": 2}, "frontend": {}}, stopped=[STOPPED, left]
    )
    found_checks = [(check.status, check.message) for check in tasks.checks(found, NOW)]
    assert found_checks == [
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
