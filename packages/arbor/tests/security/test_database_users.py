"""Two users of one database, on a real PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

import postgres_server
from arbor.account import Account
from arbor.database.connection import WrongPasswordError
from arbor.database.secret import Credentials
from arbor.procedure import Failed
from arbor.security.database_users import DatabaseUsers
from arbor.security.database_users import generate_password as generate

MASTER = Credentials(username=postgres_server.USER, password=postgres_server.PASSWORD)
TABLE = "CREATE TABLE plans (id int); INSERT INTO plans VALUES (1)"


@pytest.fixture(scope="module")
def server() -> Iterator[postgres_server.Server]:
    with postgres_server.server() as made:
        with made.connect() as connection:
            connection.execute(TABLE)
        yield made


@pytest.fixture
def users(server: postgres_server.Server) -> DatabaseUsers:
    @contextmanager
    def connect(_: Account, credentials: Credentials) -> Iterator[psycopg.Connection]:
        try:
            made = server.connect(credentials.username, credentials.password)
        except psycopg.OperationalError as error:
            raise WrongPasswordError from error
        with made:
            yield made

    return DatabaseUsers(
        account=Account(stack="production", client=_no_aws),
        master=postgres_server.USER,
        connect=connect,
    )


def _no_aws(_: str) -> Any:
    return None


def second(password: str) -> Credentials:
    return Credentials(username="arbor_user_2", password=password)


def test_a_user_logs_in_with_its_password_and_no_other(users: DatabaseUsers) -> None:
    assert users.logs_in(MASTER)
    assert not users.logs_in(Credentials(username=MASTER.username, password="wrong"))


def test_the_second_user_has_the_firsts_rights(
    users: DatabaseUsers, server: postgres_server.Server
) -> None:
    wanted = second(generate())
    step = users.set_password(wanted, MASTER)
    step.do()
    assert step.took_effect()
    with server.connect(wanted.username, wanted.password) as connection:
        connection.execute("ALTER TABLE plans ADD COLUMN name text")
        connection.execute("CREATE TABLE more (id int)")
    with server.connect() as connection:
        connection.execute("INSERT INTO more VALUES (1)")
        connection.execute("DROP TABLE more")


def test_the_first_keeps_its_password_and_both_own_its_later_tables(
    users: DatabaseUsers, server: postgres_server.Server
) -> None:
    wanted = second(generate())
    users.set_password(wanted, MASTER).do()
    assert users.logs_in(MASTER)
    with server.connect() as connection:
        connection.execute("CREATE TABLE later (id int)")
    with server.connect(wanted.username, wanted.password) as connection:
        connection.execute("DROP TABLE later")


def test_a_second_run_changes_only_the_password(users: DatabaseUsers) -> None:
    first, again = second(generate()), second(generate())
    users.set_password(first, MASTER).do()
    users.set_password(again, MASTER).do()
    assert users.logs_in(again)
    assert not users.logs_in(first)


def test_an_open_session_continues(users: DatabaseUsers, server: postgres_server.Server) -> None:
    with server.connect() as before:
        before.execute("SELECT * FROM plans")
        before.commit()
        users.set_password(second(generate()), MASTER).do()
        before.execute("INSERT INTO plans VALUES (2)")


def test_no_password_is_in_the_servers_log(
    users: DatabaseUsers, server: postgres_server.Server
) -> None:
    wanted = second(generate())
    users.set_password(wanted, MASTER).do()
    logged = postgres_server.statements(server)
    assert 'ALTER ROLE "arbor_user_2" PASSWORD \'SCRAM-SHA-256$' in logged
    assert wanted.password not in logged


def test_a_locked_table_rolls_everything_back(
    users: DatabaseUsers, server: postgres_server.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arbor.security.database_users.LOCK_TIMEOUT", "50ms")
    postgres_server.as_superuser(server, f"ALTER TABLE plans OWNER TO {postgres_server.USER}")
    before = second(generate())
    with postgres_server.superuser(server) as busy, busy.transaction():
        busy.execute("LOCK TABLE plans")
        with pytest.raises(Failed, match="lock timeout"):
            users.set_password(before, MASTER).do()
    assert not users.logs_in(before)
    users.set_password(before, MASTER).do()
    assert users.logs_in(before)
