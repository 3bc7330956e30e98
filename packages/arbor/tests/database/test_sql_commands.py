"""`arbor database connections|top-queries|connect`, against a real PostgreSQL with TLS."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import psycopg
import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

import postgres_server
from arbor.__main__ import app
from arbor.account import Account
from arbor.database.session import session
from arbor.procedure import Refused
from arbor.tunnel import tunnel

SECRET, INSTANCE = "arbor/production/db", "arbor-production-db"
EXTENSION = "pg_stat_statements"


@pytest.fixture(scope="module")
def server() -> Iterator[postgres_server.Server]:
    with postgres_server.server() as made:
        yield made


@pytest.fixture(autouse=True)
def account(server: postgres_server.Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Production's instance and secret; returns the requested local ports of tunnels."""
    monkeypatch.delenv("PGSSLROOTCERT", raising=False)
    ports: list[int] = []

    @contextmanager
    def to_server(_: Account, host: str, port: int, *, local_port: int = 0) -> Iterator[int]:
        assert host.startswith(INSTANCE)
        assert port == 5432
        ports.append(local_port)
        yield server.port

    monkeypatch.setattr("arbor.database.session.tunnel", to_server)
    monkeypatch.setattr("arbor.database.psql.tunnel", to_server)
    with mock_aws():
        boto3.client("rds").create_db_instance(
            DBInstanceIdentifier=INSTANCE,
            DBInstanceClass="db.t3.medium",
            Engine="postgres",
            Port=5432,
        )
        boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString=secret("first"))
        yield ports


def secret(which: str) -> str:
    return json.dumps({"username": postgres_server.USER, "password": f"{which}-password"})


def database(*words: str) -> Result:
    return CliRunner().invoke(app, ["database", *words])


def test_connections_are_shown_by_user_and_state_with_the_limit(
    server: postgres_server.Server,
) -> None:
    with server.connect() as idle:
        idle.execute("SELECT 1")
        shown, found = database("connections"), database("connections", "--json")
    assert shown.exit_code == 0, shown.output
    assert "idle in transaction" in shown.stdout
    answer = json.loads(found.stdout)
    assert f"{answer['used']} of {answer['allowed']} connections" in shown.stdout
    assert answer["allowed"] == 100 - 3
    assert answer["used"] == sum(share["connections"] for share in answer["shares"])
    states = {(share["user"], share["state"]) for share in answer["shares"]}
    assert (postgres_server.USER, "idle in transaction") in states


def test_top_queries_are_sorted_by_the_given_statistic(server: postgres_server.Server) -> None:
    postgres_server.as_superuser(
        server, f"CREATE EXTENSION IF NOT EXISTS {EXTENSION}", "SELECT pg_stat_statements_reset()"
    )
    with server.connect() as application:
        application.execute("SELECT pg_sleep(0.2) AS slow")
        for _ in range(5):
            application.execute("SELECT 1 AS quick")
    first = {
        order: json.loads(database("top-queries", "--by", order, "--limit", "1", "--json").stdout)
        for order in ("mean", "calls")
    }
    ((slow,), (quick,)) = first.values()
    assert "slow" in slow["query"]
    assert slow["mean_milliseconds"] >= 200
    assert "quick" in quick["query"]
    assert quick["calls"] == 5
    assert "AS slow" in database("top-queries").stdout


def test_a_missing_extension_is_reported_with_the_statement_to_create_it(
    server: postgres_server.Server,
) -> None:
    postgres_server.as_superuser(server, f"DROP EXTENSION IF EXISTS {EXTENSION}")
    done = database("top-queries")
    assert done.exit_code == 3
    assert f"CREATE EXTENSION {EXTENSION};" in done.stderr


def test_the_pending_password_is_tried_during_a_rotation() -> None:
    manager = boto3.client("secretsmanager")
    manager.put_secret_value(SecretId=SECRET, SecretString=secret("stale"))
    refused = database("connections")
    assert refused.exit_code == 1
    assert "run `arbor rotate-password` to complete it." in refused.stderr
    assert "stale-password" not in refused.output
    manager.put_secret_value(
        SecretId=SECRET, SecretString=secret("first"), VersionStages=["AWSPENDING"]
    )
    assert database("connections").exit_code == 0


@pytest.mark.parametrize(("code", "ends"), [(0, 0), (2, 1)])
def test_connect_passes_the_password_in_the_environment(
    account: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, ends: int
) -> None:
    seen = tmp_path / "seen"
    program = tmp_path / "psql"
    names = "$PGHOSTADDR $PGUSER $PGDATABASE $PGSSLMODE $PGPASSWORD"
    program.write_text(f'#!/bin/sh\necho "{names}" "$@" > {seen}\nexit {code}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    done = database("connect", "--port", "15555")
    assert done.exit_code == ends, done.output
    user, base = postgres_server.USER, postgres_server.DATABASE
    assert seen.read_text() == f"127.0.0.1 {user} {base} require first-password\n"
    assert account == [15555]


def test_without_psql_the_tunnel_stays_open_until_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("threading.Event.wait", lambda _: interrupted())
    done = database("connect", "--tunnel-only")
    assert done.exit_code == 0, done.output
    assert "PGHOSTADDR=127.0.0.1" in done.stdout
    assert f"--secret-id {SECRET}" in done.stdout
    assert "first-password" not in done.output


def test_a_port_in_use_is_refused() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        nowhere = Account(stack="production", client=boto3.client)
        with pytest.raises(
            Refused, match=rf"Port {port} of this machine is in use; choose another\."
        ):
            tunnel(nowhere, "database", 5432, local_port=port).__enter__()


def test_a_session_is_read_only(server: postgres_server.Server) -> None:
    """PostgreSQL rejects writes in each of its transactions."""
    postgres_server.as_superuser(
        server, "CREATE TABLE kept (id int)", f"GRANT ALL ON kept TO {postgres_server.USER}"
    )
    with session(Account(stack="production", client=boto3.client)) as opened:
        for write in ("CREATE TABLE written ()", "INSERT INTO kept VALUES (1)"):
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                opened.execute(write.encode())
            opened.rollback()
    with postgres_server.superuser(server) as root:
        assert root.execute("SELECT to_regclass('written')").fetchone() == (None,)
        assert root.execute("SELECT count(*) FROM kept").fetchone() == (0,)
