"""The commands of an incident, on the stand-in and its stores."""

import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from typer.testing import CliRunner, Result

from application_process import HOST, Running, Stores, started
from arbor.__main__ import app
from arbor.account import Account
from arbor.cache import warm
from arbor.ecs import health
from arbor.procedure import Failed
from cache_account import cache_account, name_primary
from postgres_server import PASSWORD, USER, as_superuser

GROUP, INSTANCE = "/ecs/arbor-production/backend", "arbor-production-db"
PLANS = "/api/v1/plans"
RUNBOOK = Path(__file__).parents[4] / "docs" / "runbook.md"


@pytest.fixture
def account(running: Running, migrated: Stores, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Production's instance, group and secrets, with tunnels to the stand-in's stores."""
    assert running.process.poll() is None
    monkeypatch.setenv("SSL_CERT_FILE", str(migrated.cache.ca))
    ports = {5432: migrated.database.port, 6379: migrated.cache.port}

    @contextmanager
    def to_stand_in(_: Account, _host: str, port: int, *, local_port: int = 0) -> Iterator[int]:
        assert local_port == 0
        yield ports[port]

    for module in ("database", "cache"):
        monkeypatch.setattr(f"arbor.{module}.session.tunnel", to_stand_in)
    with cache_account():
        name_primary(HOST)
        boto3.client("rds").create_db_instance(
            DBInstanceIdentifier=INSTANCE,
            DBInstanceClass="db.t3.medium",
            Engine="postgres",
            Port=5432,
        )
        login = json.dumps({"username": USER, "password": PASSWORD})
        boto3.client("secretsmanager").create_secret(Name="arbor/production/db", SecretString=login)
        yield


def arbor(*words: str) -> Result:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output
    return done


def requests(running: Running, count: int) -> None:
    """One request from each of `count` clients."""
    for _ in range(count):
        assert running.ask(PLANS, headers={"X-Forwarded-For": str(uuid4())})[0] == 200


@pytest.mark.usefixtures("account")
def test_logs_show_json_and_plain_lines(running: Running, customer: str) -> None:
    boto3.client("logs").create_log_group(logGroupName=GROUP)
    body = {"customer_id": customer}
    who = {"X-Forwarded-For": str(uuid4())}
    running.ask("/api/v1/recommendations", method="POST", body=body, headers=who)
    running.ship(boto3.client("logs"), GROUP)
    output = arbor("logs", "backend").stdout
    assert "Starting application" in output
    assert '"POST /api/v1/recommendations HTTP/1.1" 200' in output
    only = arbor("logs", "backend", "--customer", customer, "--json").stdout.splitlines()
    assert only
    assert all("Generated recommendations" in line for line in only)


@pytest.mark.usefixtures("account")
def test_errors_are_found_in_the_applications_real_log(running: Running) -> None:
    """Two failed requests log two JSON errors and two tracebacks; slow requests log none."""
    before = len(running.lines())
    who = {"X-Forwarded-For": str(uuid4())}
    running.switch(failing=True)
    failed = [running.ask(PLANS, headers=who)[0] for _ in range(2)]
    running.switch(slow=1.2)
    running.ask(PLANS, headers=who)
    running.switch()
    assert failed == [500, 500]
    boto3.client("logs").create_log_group(logGroupName=GROUP)
    running.ship(boto3.client("logs"), GROUP, since=before)

    def found(*words: str) -> list[Any]:
        output = arbor("logs", "backend", "--json", *words).stdout
        return [json.loads(line)["line"] for line in output.splitlines()]

    errors = found("--errors")
    logged = [one["event"] for one in errors if isinstance(one, dict)]
    assert logged.count("Unhandled exception") == 2
    whole = [one for one in errors if "Traceback (most recent call last)" in str(one)]
    assert len([one for one in whole if isinstance(one, str)]) == 2
    assert [one["path"] for one in found("--slower-than", "1000")] == [PLANS]


def test_health_includes_the_stores(running: Running, migrated: Stores, tmp_path: Path) -> None:
    """The load balancer's path is healthy while the process runs."""
    address = "https://arbor.test/api/v1/health"
    requested: list[str] = []

    def of(one: Running) -> Callable[[str], tuple[int, str]]:
        def opener(url: str) -> tuple[int, str]:
            requested.append(url)
            status, answer = one.ask(url.removeprefix("https://arbor.test"))
            return status, json.dumps(answer)

        return opener

    assert health.check_url(address, of(running), lambda _: None)
    assert requested == [address, f"{address}/detailed"]
    with started(migrated, tmp_path, REDIS_PORT="1") as alone:
        assert alone.ask("/api/v1/health")[1]["status"] == "healthy"
        with pytest.raises(Failed, match="cache"):
            health.check_url(address, of(alone), lambda _: None)


@pytest.mark.usefixtures("account")
def test_connections_are_those_of_the_applications_pool(running: Running) -> None:
    requests(running, 3)
    found = json.loads(arbor("database", "connections", "--json").stdout)
    assert found["used"] >= 2
    assert (USER, "idle") in {(one["user"], one["state"]) for one in found["shares"]}


@pytest.mark.usefixtures("account")
def test_top_queries_shows_the_requests_queries(running: Running, migrated: Stores) -> None:
    as_superuser(
        migrated.database,
        "CREATE EXTENSION IF NOT EXISTS pg_stat_statements",
        "SELECT pg_stat_statements_reset()",
    )
    requests(running, 12)
    output = arbor("database", "top-queries", "--json").stdout
    assert "FROM energy_plans" in output


@pytest.mark.usefixtures("account")
def test_cache_commands_match_the_applications_keys(
    running: Running, migrated: Stores, customer: str
) -> None:
    body = {"customer_id": customer}
    who = {"X-Forwarded-For": "203.0.113.9"}
    running.ask("/api/v1/recommendations", method="POST", body=body, headers=who)
    before = migrated.cache.keys()
    assert {"plans:all", f"recommendations:{customer}"} <= before
    assert json.loads(arbor("cache", "stats", "--json").stdout)
    arbor("cache", "clear", "plan:*", "--yes")
    assert migrated.cache.keys() == before, "the first runbook's pattern matches no key"
    arbor("cache", "clear", "plans:*", "--yes")
    assert migrated.cache.keys() == {key for key in before if not key.startswith("plans:")}
    assert "ratelimit:ip:203.0.113.9:minute" in before


def in_a_task(on: Stores, command: str) -> str:
    """Run it like ECS Exec in the backend's container; returns its output."""
    program, *words = shlex.split(command)
    assert program == "python"
    done = subprocess.run(
        [sys.executable, *words],
        env=on.process_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout


def from_the_runbook() -> str:
    """The runbook's warm-up command, as the shell passes it to ECS."""
    text = RUNBOOK.read_text().partition("### Warm Up Cache")[2].partition("\n### ")[0]
    (line,) = [one for one in text.splitlines() if one.strip().startswith("--command")]
    return shlex.split(line)[1]


@pytest.mark.usefixtures("customer")
@pytest.mark.parametrize(
    ("command", "done"), [(warm.COMMAND, warm.DONE), (from_the_runbook(), "the cache is warm")]
)
def test_warming_caches_every_plan(migrated: Stores, command: str, done: str) -> None:
    migrated.cache.fill()
    output = in_a_task(migrated, command)
    assert output.splitlines()[-1] == done, output
    assert "Traceback" not in output
    kept = migrated.cache.keys()
    assert "plans:all" in kept
    assert len(kept) == 1 + 5
    with migrated.cache.client() as client:
        assert 0 < client.ttl("plans:all") <= 300


def test_warming_without_the_cache_is_a_failure(migrated: Stores) -> None:
    elsewhere = "import os; os.environ.update(REDIS_PORT='1'); import asyncio"
    output = in_a_task(migrated, warm.COMMAND.replace("import asyncio", elsewhere, 1))
    assert "ConnectionError" in output
    assert warm.DONE not in output
