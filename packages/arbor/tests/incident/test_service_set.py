"""`status`, `triage`, `health` and `logs` with a third service, and without a frontend."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

import incident_fixtures
import staging_fixtures
from ecs_world import client
from incident_fixtures import log, operate
from staging_fixtures import ADMIN, APPS, CLUSTER, STACK, Staging


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arbor.ecs.health.get", _get)


def _get(address: str) -> tuple[int, str]:
    report = json.dumps(incident_fixtures.REPORT)
    return 200, report if address.endswith("/health") else "<html>"


@pytest.fixture
def three() -> Iterator[Staging]:
    with staging_fixtures.staging((*APPS, ADMIN)) as staging:
        incident_fixtures.complete(staging)
        yield staging


@pytest.fixture
def backend_alone() -> Iterator[Staging]:
    with staging_fixtures.staging(("backend",)) as staging:
        incident_fixtures.complete(staging)
        yield staging


def triage() -> Any:
    return json.loads(operate("triage", "--json").stdout)


@pytest.mark.usefixtures("three")
def test_a_third_service_is_in_status_and_health() -> None:
    done = operate("status")
    assert done.exit_code == 0, done.output
    for line in (
        "OK  admin URL            https://staging.example.com/admin/health 200 in ",
        "OK  admin                2 of 2 running; arbor-staging-admin:1 (v1.0.0)",
        "OK  admin green          live, weight 100: 2 healthy",
        "OK  admin deployment     SUCCESSFUL",
        "OK  admin tasks          running: 2 of arbor-staging-admin:1",
        "OK  alarms               0 of 3 alarms in ALARM",
    ):
        assert line in done.stdout, done.stdout
    checked = json.loads(operate("health", "--json").stdout)
    assert {one["service"]: one["status"] for one in checked} == dict.fromkeys((*APPS, ADMIN), 200)


def test_problems_of_a_third_service_are_found(three: Staging) -> None:
    three.ring(ADMIN)
    log(ADMIN, json.dumps({"level": "ERROR", "message": "no such plan"}))
    found = triage()
    assert [(one["level"], one["run"]) for one in found["findings"]] == [
        ("P3", "arbor logs admin --errors --since 30m --stack staging"),
        ("P4", "arbor logs admin --errors --since 30m --stack staging"),
    ]
    assert found["errors"][ADMIN] == ["no such plan"]


@pytest.mark.usefixtures("three")
def test_the_log_of_a_third_service_is_shown() -> None:
    log(ADMIN, "started")
    done = operate("logs", ADMIN)
    assert done.exit_code == 0, done.output
    assert "started" in done.stdout


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("words", [("logs", "worker"), ("logs", "export", "worker", "--yes")])
def test_the_log_of_an_unknown_service_is_wrong_usage(words: tuple[str, ...]) -> None:
    done = operate(*words)
    assert done.exit_code == 2
    assert "'worker' is not a service of staging" in done.output


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(("app", "level"), [("backend", "P1"), (ADMIN, "P2")])
def test_a_deleted_service_is_found(app: str, level: str) -> None:
    """Its target groups still have the stack's tags."""
    client("ecs").delete_service(cluster=CLUSTER, service=f"arbor-{STACK}-{app}", force=True)
    found = triage()
    assert [(one["level"], one["evidence"], one["run"]) for one in found["findings"]] == [
        (level, f"{app}: the service doesn't exist", "pulumi up")
    ]
    assert found["unknown"] == []


@pytest.mark.usefixtures("backend_alone")
def test_a_stack_without_a_frontend_has_no_problem() -> None:
    done = operate("status")
    assert done.exit_code == 0, done.output
    assert "frontend" not in done.stdout
    assert triage()["findings"] == []
    assert operate("health").exit_code == 0


@pytest.mark.usefixtures("backend_alone")
def test_a_stack_without_services_is_p1() -> None:
    client("ecs").delete_service(cluster=CLUSTER, service=f"arbor-{STACK}-backend", force=True)
    elb = client("elbv2")
    for group in elb.describe_target_groups()["TargetGroups"]:
        elb.remove_tags(ResourceArns=[group["TargetGroupArn"]], TagKeys=["Stack"])
    (finding,) = triage()["findings"]
    assert (finding["level"], finding["evidence"]) == ("P1", "the stack has no service")
    assert operate("health").exit_code == 3
