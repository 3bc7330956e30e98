"""`arbor status` with unreadable parts, and `--watch`.

The tests share one account and don't change it.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

import incident_fixtures
import staging_fixtures
from incident_fixtures import operate


@pytest.fixture(scope="module", autouse=True)
def healthy_staging() -> Iterator[None]:
    with staging_fixtures.staging() as staging:
        incident_fixtures.complete(staging)
        yield


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arbor.ecs.health.get", incident_fixtures.well)


def deny(monkeypatch: pytest.MonkeyPatch, *denied: str, code: str = "AccessDenied") -> None:
    """Deny these operations, or all."""
    from botocore.client import BaseClient  # noqa: PLC0415 - patched here only

    call = BaseClient._make_api_call  # noqa: SLF001 - below every client

    def make(self: Any, operation: str, requested: Any) -> Any:
        if not denied or operation in denied:
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, operation)
        return call(self, operation, requested)

    monkeypatch.setattr(BaseClient, "_make_api_call", make)


@pytest.mark.parametrize(
    ("operation", "part"),
    [
        ("DescribeTaskDefinition", "services"),
        ("DescribeTargetHealth", "target health"),
        ("ListServiceDeployments", "deployments"),
        ("ListTasks", "tasks"),
        ("DescribeAlarms", "alarms"),
        ("DescribeDBInstances", "database"),
        ("DescribeReplicationGroups", "cache"),
        ("GetResources", "certificate"),
        ("DescribeTags", "services"),
        ("GetParameter", "operation"),
    ],
)
def test_an_unreadable_part_leaves_the_others(
    monkeypatch: pytest.MonkeyPatch, operation: str, part: str
) -> None:
    deny(monkeypatch, operation)
    done = operate("status")
    assert done.exit_code == 1
    (unknown,) = [line for line in done.stdout.splitlines() if line.startswith("??")]
    assert unknown.startswith(f"??  {part}  ")
    assert "lacks this permission" in unknown
    assert done.stdout.count("OK  ") >= 7
    assert "0 wrong, 1 unknown" in done.stdout


def test_unknown_free_storage_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    deny(monkeypatch, "GetMetricData")
    done = operate("status")
    assert done.exit_code == 0
    assert "db.t3.medium, one zone; ? of 20 GiB free" in done.stdout


def test_an_error_of_all_parts_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    deny(monkeypatch, code="ExpiredToken")
    for words in (("status",), ("triage",)):
        done = operate(*words)
        assert done.exit_code == 1
        (line,) = done.stderr.splitlines()
        assert "sign in again" in line
        assert done.stdout == ""


def test_another_region_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    for words in (("status",), ("triage",)):
        done = operate(*words)
        assert done.exit_code == 3
        assert "There is no cluster arbor-staging-cluster in this account and region" in done.stderr


def test_triage_judges_the_backend_without_task_definitions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deny(monkeypatch, "ListTaskDefinitions")
    monkeypatch.setattr("arbor.ecs.health.get", lambda _: (503, ""))
    found = json.loads(operate("triage", "--json").stdout)
    assert [(one["level"], one["evidence"]) for one in found["findings"]] == [
        ("P1", "backend: its public URL answers 503"),
        ("P2", "frontend: its public URL answers 503"),
    ]


def test_watch_refreshes_until_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            monkeypatch.setattr("arbor.incident.snapshot.take", _lost)
        if len(waits) == 4:
            raise KeyboardInterrupt

    def _lost(*_: object) -> None:
        raise ClientError({"Error": {"Code": "Throttling", "Message": "slower"}}, "x")

    monkeypatch.setattr("arbor.incident.commands.time.sleep", wait)
    done = operate("status", "--watch", "--every", "7")
    assert done.exit_code == 0, done.output
    assert waits == [7.0] * 4
    assert "slower. Retrying." in done.stdout


def test_watch_and_json_exclude_each_other() -> None:
    assert operate("status", "--watch", "--json").exit_code == 2
