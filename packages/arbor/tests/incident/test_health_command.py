"""`arbor health`: the public URLs."""

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from arbor.__main__ import app
from staging_fixtures import DOMAIN, HEALTHY, STACK, Staging

API = "/api/v1/health"
REPORT = {"status": "healthy", "database": "connected", "redis": "connected"}
SHALLOW = {"status": "healthy", "version": "1.0.0", "environment": "production"}
DOWN = {"status": "degraded", "database": "unhealthy", "cache": "unhealthy"}
WIDE = {"COLUMNS": "300"}
Opener = Callable[[str], tuple[int, str]]


def health(monkeypatch: pytest.MonkeyPatch, opener: Opener, *words: str) -> Result:
    monkeypatch.setattr("arbor.ecs.health.get", opener)
    return CliRunner().invoke(app, ["health", "--stack", STACK, *words], env=WIDE)


def serving(host: str, backend: tuple[int, str], detailed: tuple[int, str] = (404, "")) -> Opener:
    def response(address: str) -> tuple[int, str]:
        assert address in {
            f"https://{host}{API}",
            f"https://{host}{API}/detailed",
            f"https://{host}/",
        }
        if address.endswith("/detailed"):
            return detailed
        return backend if address.endswith(API) else (200, "<html>")

    return response


@pytest.mark.usefixtures("staging")
@pytest.mark.parametrize(("words", "host"), [((), DOMAIN), (("--green",), f"green.{DOMAIN}")])
def test_healthy_services_exit_0(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], host: str
) -> None:
    done = health(monkeypatch, serving(host, (200, json.dumps(REPORT))), *words)
    assert done.exit_code == 0, done.output
    assert "database connected, redis connected" in done.stdout
    assert "NG" not in done.stdout


@pytest.mark.usefixtures("staging")
@pytest.mark.parametrize(
    ("backend", "why"),
    [
        ((503, ""), "answers 503"),
        (
            (200, json.dumps({**REPORT, "status": "degraded"})),
            "reports 'degraded' instead of 'healthy'",
        ),
        ((200, "<html>"), "reports '<html>' instead of 'healthy'"),
        ((200, "[]"), "reports '[]' instead of 'healthy'"),
    ],
)
def test_an_unhealthy_service_exits_1_with_the_problem(
    monkeypatch: pytest.MonkeyPatch, backend: tuple[int, str], why: str
) -> None:
    done = health(monkeypatch, serving(DOMAIN, backend))
    assert done.exit_code == 1
    assert f"Failed: https://{DOMAIN}{API} {why}." in done.stderr


@pytest.mark.usefixtures("staging")
def test_an_unhealthy_backends_report_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    report = {"status": "unhealthy", "database": "disconnected", "redis": "connected"}
    done = health(monkeypatch, serving(DOMAIN, (503, json.dumps(report))))
    assert done.exit_code == 1
    assert "database disconnected, redis connected" in done.stdout


@pytest.mark.usefixtures("staging")
def test_a_backend_without_its_stores_exits_1(monkeypatch: pytest.MonkeyPatch) -> None:
    done = health(
        monkeypatch,
        serving(DOMAIN, (200, json.dumps(SHALLOW)), (200, json.dumps({**SHALLOW, **DOWN}))),
    )
    assert done.exit_code == 1
    assert "NG" in done.stdout
    assert "database unhealthy, cache unhealthy" in done.stdout
    why = (
        "answers, but /detailed reports 'degraded' instead of 'healthy': database unhealthy, "
        "cache unhealthy"
    )
    assert f"Failed: https://{DOMAIN}{API} {why}." in done.stderr


@pytest.mark.usefixtures("staging")
def test_a_backend_with_its_stores_exits_0(monkeypatch: pytest.MonkeyPatch) -> None:
    detailed = {**SHALLOW, "database": "healthy", "cache": "healthy"}
    done = health(
        monkeypatch, serving(DOMAIN, (200, json.dumps(SHALLOW)), (200, json.dumps(detailed)))
    )
    assert done.exit_code == 0, done.output
    assert "database healthy, cache healthy" in done.stdout


@pytest.mark.usefixtures("staging")
def test_unreachable_services_exit_1_and_all_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: str) -> tuple[int, str]:
        raise ConnectionRefusedError("connection refused")

    done = health(monkeypatch, refused)
    assert done.exit_code == 1
    assert done.stderr.count("does not answer: connection refused.") == 2


@pytest.mark.usefixtures("staging")
def test_json_is_printed_for_an_unhealthy_service(monkeypatch: pytest.MonkeyPatch) -> None:
    done = health(monkeypatch, serving(DOMAIN, (503, "")), "--json")
    backend, frontend = json.loads(done.stdout)
    assert done.exit_code == 1
    assert (backend["service"], backend["status"], backend["says"]) == ("backend", 503, {})
    assert (frontend["status"], frontend["wrong"]) == (200, "")


def test_a_rule_without_a_host_is_one_sentence(
    staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    staging.account.client("elbv2").modify_rule(
        RuleArn=staging.rules["backend"],
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}],
    )
    done = health(monkeypatch, serving(DOMAIN, (200, HEALTHY)))
    assert done.exit_code == 1
    assert "has no host; `pulumi up` restores it." in done.stderr


def test_a_deleted_service_is_refused(staging: Staging, monkeypatch: pytest.MonkeyPatch) -> None:
    staging.account.client("ecs").delete_service(
        cluster=staging.account.cluster, service=f"arbor-{STACK}-backend", force=True
    )
    done = health(monkeypatch, serving(DOMAIN, (200, HEALTHY)))
    assert done.exit_code == 3
    assert f"There is no service arbor-{STACK}-backend." in done.stderr
