"""A connection through the tunnel, to a real PostgreSQL with TLS."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import postgres_server
from arbor.account import Account
from arbor.database import connection
from arbor.procedure import Failed, Refused

USER, PASSWORD = postgres_server.USER, postgres_server.PASSWORD


@pytest.fixture(scope="module")
def server() -> Iterator[postgres_server.Server]:
    with postgres_server.server() as made:
        yield made


class Rds:
    """RDS, whose endpoint has the certificate's name."""

    def __init__(self, host: str) -> None:
        self.host = host

    def describe_db_instances(self, **_: str) -> dict[str, Any]:
        return {"DBInstances": [{"Endpoint": {"Address": self.host, "Port": 5432}}]}


def account(host: str = postgres_server.HOST) -> Account:
    clients: dict[str, Any] = {"rds": Rds(host)}
    return Account(stack="production", client=clients.__getitem__)


def log_in(server: postgres_server.Server, password: str = PASSWORD, **named: str) -> bool:
    @contextmanager
    def to_server(_: Account, _host: str, port: int) -> Iterator[int]:
        assert port == 5432
        yield server.port

    with connection.connection(account(**named), USER, password, open_tunnel=to_server) as session:
        row = session.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone()
    return row == (True,)


def test_tls_is_used_also_without_a_bundle(
    server: postgres_server.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(connection.BUNDLE, raising=False)
    assert log_in(server)


def test_the_certificate_must_name_the_endpoint(
    server: postgres_server.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(connection.BUNDLE, str(server.ca))
    assert log_in(server)
    with pytest.raises(Failed, match=r"other\.arbor\.test"):
        log_in(server, host="other.arbor.test")


def test_a_wrong_password_is_distinct_from_other_errors(
    server: postgres_server.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(connection.BUNDLE, raising=False)
    with pytest.raises(connection.WrongPasswordError):
        log_in(server, password="wrong")
    postgres_server.as_superuser(server, f"ALTER ROLE {USER} CONNECTION LIMIT 0")
    try:
        with pytest.raises(Failed, match="too many connections"):
            log_in(server)
    finally:
        postgres_server.as_superuser(server, f"ALTER ROLE {USER} CONNECTION LIMIT -1")


def test_a_missing_bundle_is_one_sentence(
    server: postgres_server.Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(connection.BUNDLE, str(tmp_path / "none.pem"))
    with pytest.raises(Refused, match="which is not a file; download https"):
        log_in(server)
