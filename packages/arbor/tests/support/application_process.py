"""The stand-in for the application (tests/stand_in/app) as a task runs it, on real stores.

Its environment is the backend task's own: application.py makes it, and secrets are filled in as ECS
does. PostgreSQL and Redis are postgres_server.py and redis_server.py.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pulumi

import application
import postgres_server
import redis_server
from harness import declare
from programs import captured

PLACE = Path(__file__).parents[4] / "tests" / "stand_in"
HOST = "localhost"
"""The host of both stores and of Redis's certificate: redis-py verifies it, asyncpg doesn't."""
STARTS_WITHIN, STOPS_WITHIN = 60.0, 60.0


def command(port: int, workers: int) -> list[str]:
    """The Dockerfile's command, with this machine's port and number of workers."""
    return [
        *(sys.executable, "-m", "gunicorn", "app.main:app", "--workers", str(workers)),
        *("--worker-class", "uvicorn.workers.UvicornWorker", "--bind", f"127.0.0.1:{port}"),
        *("--access-logfile", "-", "--error-logfile", "-"),
        *("--capture-output", "--enable-stdio-inheritance"),
    ]


def machine_environment(ca: Path) -> dict[str, str]:
    """Variables with which a process of this machine finds the stand-in and trusts its cache."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PLACE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONWARNINGS": "ignore::DeprecationWarning",
        "SSL_CERT_FILE": str(ca),
    }


def seed(database: postgres_server.Server, *, plans: int, months: int) -> str:
    """Insert plans, and a customer with months of usage; returns the customer's id."""
    with database.connect() as session:
        session.execute(
            "INSERT INTO suppliers (id, name, is_active)"
            " VALUES (gen_random_uuid(), 'A supplier', true)"
        )
        session.execute(
            "INSERT INTO energy_plans"
            " (id, supplier_id, name, rate_per_kwh, renewable_percentage, is_active)"
            " SELECT gen_random_uuid(), s.id, 'Plan ' || n, 0.1, 50, true"
            " FROM suppliers s, generate_series(1, %s) n",
            (plans,),
        )
        found = session.execute(
            "INSERT INTO customers (id, external_id)"
            " VALUES (gen_random_uuid(), gen_random_uuid()::text) RETURNING id"
        ).fetchone()
        assert found is not None
        session.execute(
            "INSERT INTO customer_usage (id, customer_id, usage_date, kwh_usage)"
            " SELECT gen_random_uuid(), %s, date '2025-01-01' + n * 30, 900"
            " FROM generate_series(1, %s) n",
            (found[0], months),
        )
    return str(found[0])


@dataclass(frozen=True, kw_only=True)
class Stores:
    """The application's stores."""

    database: postgres_server.Server
    cache: redis_server.Server

    def environment(self, name: str = "production") -> dict[str, str]:
        """The environment of the backend's container, secrets included."""
        database = application.DatabaseAccess(
            host=HOST, port=self.database.port, name=postgres_server.DATABASE, secret_arn="db"
        )
        cache = application.CacheAccess(host=HOST, port=self.cache.port, secret_arn="redis")
        plain = _resolved(
            application.environment(name=name, domain="arbor.test", database=database, cache=cache)
        )
        named = _resolved(application.secrets(app_secret_arn="app", database=database, cache=cache))
        kept = {
            "app:SECRET_KEY::": "a-key",
            "db:username::": postgres_server.USER,
            "db:password::": postgres_server.PASSWORD,
            "redis:password::": redis_server.TOKEN,
        }
        return {**plain, **{variable: kept[place] for variable, place in named.items()}}

    def process_environment(self, name: str = "production") -> dict[str, str]:
        """`environment` with `machine_environment`."""
        return {**machine_environment(self.cache.ca), **self.environment(name)}

    def alembic(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the migrations task's command, or another one of alembic."""
        return captured(
            [sys.executable, "-m", "alembic", *words], cwd=PLACE, env=self.process_environment()
        )

    def seed(self, *, plans: int, months: int = 12) -> str:
        """Insert plans, and a customer with months of usage; returns the customer's id."""
        return seed(self.database, plans=plans, months=months)

    def empty(self) -> None:
        """Delete every table and key."""
        with self.database.connect() as session:
            session.execute("DROP SCHEMA public CASCADE")
            session.execute("CREATE SCHEMA public")
        self.cache.fill()


@dataclass(frozen=True, kw_only=True)
class Running:
    """A running task of the stand-in."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path
    switches: Path

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """The status, and the body as JSON or text."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        data = body if isinstance(body, bytes) or body is None else json.dumps(body)
        connection.request(method, path, data, dict(headers or {}))
        answer: HTTPResponse = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def switch(self, **switches: float | bool) -> None:
        """Set the switches of every worker from the next request on; without one, all are off."""
        self.switches.write_text(json.dumps(switches))

    def lines(self) -> list[str]:
        """Its output so far, split into events as by awslogs."""
        return self.log.read_text().splitlines()

    def documents(self) -> list[dict[str, Any]]:
        """The lines that are JSON."""
        return [json.loads(line) for line in self.lines() if line.startswith("{")]

    def ship(self, logs: Any, group: str, *, since: int = 0) -> None:
        """Put its output from line `since` on into a log group, as awslogs does."""
        stream = f"backend/backend/{self.process.pid}-{time.monotonic_ns()}"
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        now = int(time.time() * 1000)
        written = [{"timestamp": now, "message": line} for line in self.lines()[since:] if line]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=written)

    def stop(self) -> float:
        """Stop it by SIGTERM, as ECS does; returns the seconds that it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=STOPS_WITHIN)
        return time.monotonic() - began


@contextmanager
def stores() -> Iterator[Stores]:
    """Start both stores. Skips the test if PostgreSQL or Redis is missing."""
    with postgres_server.server() as database, redis_server.server(HOST) as cache:
        yield Stores(database=database, cache=cache)


@contextmanager
def launched(
    on: Stores, place: Path, *, name: str = "production", workers: int = 1, **more: str
) -> Iterator[Running]:
    """Start it without waiting; `more` is added to its environment."""
    port = postgres_server.free_port()
    log, switches = place / "log", place / "switches.json"
    switches.write_text("{}")
    environment = {**on.process_environment(name), "STAND_IN_SWITCHES": str(switches), **more}
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command(port, workers),
            cwd=PLACE,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield Running(port=port, process=process, log=log, switches=switches)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def started(
    on: Stores, place: Path, *, name: str = "production", workers: int = 1, **more: str
) -> Iterator[Running]:
    """Start it, and wait until it responds."""
    with launched(on, place, name=name, workers=workers, **more) as running:
        ends = time.monotonic() + STARTS_WITHIN
        while not _answers(running):
            assert time.monotonic() < ends, running.log.read_text()
            assert running.process.poll() is None, running.log.read_text()
            time.sleep(0.1)
        yield running


def _answers(running: Running) -> bool:
    try:
        return running.ask("/api/v1/health")[0] == 200
    except OSError:
        return False


def _resolved(variables: dict[str, pulumi.Input[str]]) -> dict[str, str]:
    seen: dict[str, str] = {}
    declare(lambda: pulumi.Output.all(**variables).apply(seen.update))
    return seen
