"""Two users of one database, on a real PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

import postgres_world
from arbor.account import Account
from arbor.database.connection import WrongPasswordError
from arbor.database.credentials import Credentials
from arbor.procedure import Failed
from arbor.security.database_users import Users
from arbor.security.passwords import generate

MASTER = Credentials(username=postgres_world.USER, password=postgres_world.PASSWORD)
TABLE = "CREATE TABLE plans (id int); INSERT INTO plans VALUES (1)"


@pytest.fixture(scope="module")
def server() -> Iterator[postgres_world.Server]:
    with postgres_world.server() as made:
        with made.connect() as connection:
            connection.execute(TABLE)
        yield made


@pytest.fixture
def users(server: postgres_world.Server) -> Users:
    @contextmanager
    def connect(_: Account, credentials: Credentials) -> Iterator[psycopg.Connection]:
        try:
            made = server.connect(credentials.username, credentials.password)
        except psycopg.OperationalError as error:
            raise WrongPasswordError from error
        with made:
            yield made

    return Users(
        account=Account(stack="production", client=_no_aws),
        master=postgres_world.USER,
        connect=connect,
    )


def _no_aws(_: str) -> Any:
    return None


def second(password: str) -> Credentials:
    return Credentials(username="arbor_user_2", password=password)


def test_a_user_logs_in_with_its_password_and_no_other(users: Users) -> None:
    assert users.logs_in(MASTER)
    assert not users.logs_in(Credentials(username=MASTER.username, password="wrong"))


def test_the_second_user_is_made_and_does_what_the_first_does(
    users: Users, server: postgres_world.Server
) -> None:
    wanted = second(generate())
    step = users.give(wanted, MASTER)
    step.do()
    assert step.took_effect()
    with server.connect(wanted.username, wanted.password) as connection:
        connection.execute("ALTER TABLE plans ADD COLUMN name text")
        connection.execute("CREATE TABLE more (id int)")
    with server.connect() as connection:
        connection.execute("INSERT INTO more VALUES (1)")
        connection.execute("DROP TABLE more")


def test_the_first_keeps_its_password_and_what_it_makes_later_is_for_both(
    users: Users, server: postgres_world.Server
) -> None:
    wanted = second(generate())
    users.give(wanted, MASTER).do()
    assert users.logs_in(MASTER)
    with server.connect() as connection:
        connection.execute("CREATE TABLE later (id int)")
    with server.connect(wanted.username, wanted.password) as connection:
        connection.execute("DROP TABLE later")


def test_the_same_again_changes_nothing_but_the_password(users: Users) -> None:
    first, again = second(generate()), second(generate())
    users.give(first, MASTER).do()
    users.give(again, MASTER).do()
    assert users.logs_in(again)
    assert not users.logs_in(first)


def test_a_session_from_before_goes_on(users: Users, server: postgres_world.Server) -> None:
    with server.connect() as before:
        before.execute("SELECT * FROM plans")
        before.commit()
        users.give(second(generate()), MASTER).do()
        before.execute("INSERT INTO plans VALUES (2)")


def test_no_password_is_in_the_servers_log(users: Users, server: postgres_world.Server) -> None:
    wanted = second(generate())
    users.give(wanted, MASTER).do()
    logged = postgres_world.statements(server)
    assert 'ALTER ROLE "arbor_user_2" PASSWORD \'SCRAM-SHA-256$' in logged
    assert wanted.password not in logged


def test_a_table_that_is_locked_stops_it_and_nothing_is_half_done(
    users: Users, server: postgres_world.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arbor.security.database_users.LOCK_TIMEOUT", "50ms")
    postgres_world.as_superuser(server, f"ALTER TABLE plans OWNER TO {postgres_world.USER}")
    before = second(generate())
    with postgres_world.superuser(server) as busy, busy.transaction():
        busy.execute("LOCK TABLE plans")
        with pytest.raises(Failed, match="lock timeout"):
            users.give(before, MASTER).do()
    assert not users.logs_in(before)
    users.give(before, MASTER).do()
    assert users.logs_in(before)
