"""bluegreen test: the version under test, as a table and as JSON."""

import json

import pytest
from typer.testing import CliRunner, Result

from arbor.__main__ import app
from arbor.bluegreen import start
from staging_fixtures import BACKEND, DOMAIN, HEALTHY, NEW, OLD, STACK, Staging


def look(monkeypatch: pytest.MonkeyPatch, status: int, *words: str) -> Result:
    def opener(address: str) -> tuple[int, str]:
        assert address.startswith(f"https://green.{DOMAIN}/")
        return status, HEALTHY

    monkeypatch.setattr("arbor.ecs.health.get", opener)
    return CliRunner().invoke(app, ["bluegreen", "test", "--stack", STACK, *words])


def test_both_services_are_shown_with_the_version_under_test(
    staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    start.plan(staging.account, NEW, "backend", 60).execute(staging.run())
    done = look(monkeypatch, 200, "--json")
    assert done.exit_code == 0, done.output
    backend, frontend = json.loads(done.stdout)
    assert (backend["under_test"], backend["version"]) == (True, NEW)
    assert backend["revision"] == f"{BACKEND}:2"
    assert backend["targets"] == {"healthy": 2, "registered": 2, "desired": 2}
    assert backend["until"].endswith("UTC")
    assert (frontend["under_test"], frontend["version"]) == (False, OLD)
    shown = look(monkeypatch, 200)
    assert "2 of 2" in shown.stdout
    assert "not under test" in shown.stdout


def test_an_unhealthy_version_exits_1(staging: Staging, monkeypatch: pytest.MonkeyPatch) -> None:
    start.plan(staging.account, NEW, None, 60).execute(staging.run())
    done = look(monkeypatch, 503)
    assert done.exit_code == 1
    assert f"https://green.{DOMAIN}/api/v1/health: answers 503: " in done.stderr
    assert "NG" in done.stdout


@pytest.mark.usefixtures("staging")
def test_without_a_version_under_test_it_exits_3(monkeypatch: pytest.MonkeyPatch) -> None:
    done = look(monkeypatch, 200)
    assert done.exit_code == 3
    assert f"No version is under test.\n{BACKEND} runs {OLD}" in done.stderr


@pytest.mark.parametrize("minutes", ["0", "20161", "soon"])
def test_a_time_out_outside_of_awss_limits_exits_2(minutes: str) -> None:
    words = ["bluegreen", "start", NEW, "--stack", STACK, "--timeout-minutes", minutes]
    assert CliRunner().invoke(app, words).exit_code == 2
