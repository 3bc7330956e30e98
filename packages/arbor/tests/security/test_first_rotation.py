"""rotate-first: only secrets with a value of Pulumi's state are rotated, with one deployment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import boto3
import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.secretsmanager.models import secretsmanager_backends
from typer.testing import CliRunner, Result

from arbor import secret
from arbor.__main__ import app
from arbor.account import Account
from arbor.database.connection import WrongPasswordError
from arbor.database.secret import Credentials
from arbor.procedure import Run
from arbor.security import first_values
from components import secrets as program
from ecs_world import client
from first_secrets import (
    APP,
    CACHE,
    DATABASE,
    DB,
    FIRST,
    USER,
    Application,
    accepts,
    complete,
    deployments,
    everything,
    held,
    labels,
    put,
    tokens,
)
from pulumi_moto.clock import CLOCK
from staging_fixtures import STACK, Staging

EACH = (DB, CACHE, APP)


class Database:
    """Accepts the master user's applied password, and the second user's."""

    def __init__(self) -> None:
        self.master = [FIRST[DB]["password"]]
        self.second = ""

    def waits(self) -> bool:
        (found,) = client("rds").describe_db_instances(DBInstanceIdentifier=DATABASE)["DBInstances"]
        return "MasterUserPassword" in found.get("PendingModifiedValues", {})

    @contextmanager
    def __call__(self, _account: Account, credentials: Credentials) -> Iterator[Any]:
        right = self.master[-2] if self.waits() else self.master[-1]
        if credentials.username != USER:
            right = self.second
        if credentials.password != right:
            raise WrongPasswordError
        yield self

    def execute(self, _query: str) -> None:
        return None


@pytest.fixture
def database(staging: Staging, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The stack after the first `up`, and an operator's configuration."""
    complete(staging)
    application, made = Application(staging), Database()

    def modified(params: dict[str, str], **_: object) -> None:
        if "MasterUserPassword" in params:
            made.master.append(params["MasterUserPassword"])

    def by_sql(_users: object, wanted: Credentials, _current: Credentials) -> None:
        made.second = wanted.password

    def sleep(_: float) -> None:
        application.remember()
        CLOCK.advance(60)

    monkeypatch.setattr("arbor.security.commands.connection", made)
    monkeypatch.setattr("arbor.security.commands.accepts", accepts)
    monkeypatch.setattr("arbor.security.commands.post", application)
    monkeypatch.setattr("arbor.security.database_users.DatabaseUsers._by_sql", by_sql)
    pause(monkeypatch, sleep)
    make = boto3.Session.client

    def watched(session: boto3.Session, service: str, **arguments: Any) -> Any:
        client = make(session, service, **arguments)
        client.meta.events.register("provide-client-params.rds.ModifyDBInstance", modified)
        return client

    monkeypatch.setattr("boto3.Session.client", watched)
    return made


def pause(patch: pytest.MonkeyPatch, sleep: Callable[[float], None]) -> None:
    """Replace the command's sleep."""
    patch.setattr("arbor.options.Run", partial(Run, sleep=sleep))


def arbor(*words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--stack", STACK])


def test_afterwards_no_secret_has_a_value_of_the_state(
    staging: Staging, database: Database
) -> None:
    done = arbor("rotate-first", "--yes")
    assert done.exit_code == 0, done.output
    assert [held(name) == FIRST[name] for name in EACH] == [False] * 3
    assert tokens() == [held(CACHE)["password"]]
    assert database.master[-1] == held(DB)["password"]
    assert all("AWSPENDING" not in labels(name) for name in EACH)
    assert deployments(staging) == 3  # one more than before, for all three
    assert [one.finding(staging.account) for one in first_values.find(staging.account)] == [""] * 3


def test_a_second_run_changes_nothing_without_a_prompt(
    staging: Staging, database: Database
) -> None:
    assert arbor("rotate-first", "--yes").exit_code == 0
    before, passwords = everything(staging), list(database.master)
    done = arbor("rotate-first")  # without --yes
    assert (done.exit_code, done.stderr) == (0, "")
    assert "No secret of staging has its first value" in done.stdout
    assert (everything(staging), database.master) == (before, passwords)


def test_only_remaining_secrets_are_rotated(database: Database) -> None:
    assert arbor("rotate-token", "--yes").exit_code == 0
    kept = held(CACHE)
    done = arbor("rotate-first", "--yes")
    assert done.exit_code == 0, done.output
    assert held(CACHE) == kept
    assert database.master[-1] == held(DB)["password"]
    assert "deploy the new SECRET_KEY and password to arbor-staging-backend" in done.stdout


def test_a_dry_run_prints_every_step_in_order(staging: Staging, database: Database) -> None:
    before = everything(staging)
    done = arbor("rotate-first", "--dry-run")
    assert done.exit_code == 0
    assert [line.split()[1] for line in done.stdout.splitlines()] == [
        *("store", "add", "make"),  # the cache's token
        *("store", "make"),  # SECRET_KEY
        *("store", "set", "make"),  # the database's password
        *("deploy", "deploy"),
        *("remove", "end", "check", "end", "end"),
    ]
    assert (everything(staging), database.waits()) == (before, False)


def test_an_interrupted_rotation_continues_without_first_values(
    staging: Staging, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process stops during the deployment."""

    def stop(_: float) -> None:
        if deployments(staging) == 3:
            raise KeyboardInterrupt
        CLOCK.advance(60)

    with monkeypatch.context() as patch:
        pause(patch, stop)
        done = arbor("rotate-first", "--yes")
    assert done.exit_code == 1
    kept = [held(name) for name in EACH]
    staging.finish()
    assert not any(one.is_first for one in first_values.find(staging.account))
    findings = {one.finding(staging.account) for one in first_values.find(staging.account)}
    assert (
        f"{CACHE} has an incomplete rotation: run `arbor rotate-token --stack staging` to "
        "complete it."
    ) in findings
    done = arbor("rotate-first", "--yes")
    assert done.exit_code == 0, done.output
    assert [held(name) for name in EACH] == kept
    assert tokens() == [held(CACHE)["password"]]
    assert database.master[-1] == held(DB)["password"]
    assert all("AWSPENDING" not in labels(name) for name in EACH)


def test_with_two_users_the_first_password_is_invalidated(
    staging: Staging, database: Database
) -> None:
    done = arbor("rotate-password", "--two-users", "--yes")
    assert done.exit_code == 0, done.output
    assert held(DB) == {"username": "arbor_user_2", "password": database.second}
    assert database.master[-1] not in {FIRST[DB]["password"], database.second}
    assert "invalidate the first password of arbor_user" in done.stdout
    given = len(database.master)
    again = arbor("rotate-password", "--two-users", "--yes")
    assert again.exit_code == 0, again.output
    assert held(DB) == {"username": USER, "password": database.master[-1]}
    assert len(database.master) == given + 1  # only its turn
    assert deployments(staging) == 4


def test_replaced_stores_get_new_values(staging: Staging, database: Database) -> None:
    """Cache and database were created again with the state's values, after a rotation."""
    put(CACHE, {"password": "rotated-token-of-letters"})
    put(DB, {"username": USER, "password": "rotated"})
    put(APP, {"SECRET_KEY": "rotated"})
    versions = secretsmanager_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].secrets[CACHE].versions
    for version in versions.values():
        version["createdate"] -= 3600
    database_too = arbor("rotate-password", "--yes")
    assert database_too.exit_code == 0, database_too.output
    assert database.master[-1] == held(DB)["password"] != "rotated"
    done = arbor("rotate-first", "--yes")
    assert done.exit_code == 0, done.output
    assert tokens() == [held(CACHE)["password"]]
    assert held(CACHE)["password"] != "rotated-token-of-letters"
    assert not first_values.find(staging.account)[1].is_in_state


@pytest.mark.usefixtures("database")
def test_a_stack_without_secrets_is_refused() -> None:
    for name in EACH:
        client("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    for words in (("rotate-first", "--yes"), ("audit", "secrets")):
        done = arbor(*words)
        assert done.exit_code == 3, done.output
        assert (
            "There is no secret arbor/staging/db. Check the account and AWS_REGION" in done.stderr
        )


@pytest.mark.usefixtures("database")
def test_without_a_terminal_nothing_is_done(staging: Staging) -> None:
    before = everything(staging)
    done = arbor("rotate-first")
    assert done.exit_code == 3
    assert "add --yes" in done.stderr
    assert everything(staging) == before


@pytest.mark.usefixtures("database")
def test_an_obstacle_of_one_secret_stops_all(staging: Staging) -> None:
    put(DB, {"username": "mira", "password": "x"}, "AWSCURRENT", "arbor-initial")
    before = everything(staging)
    done = arbor("rotate-first", "--yes")
    assert done.exit_code == 3
    assert "The secret's user is mira" in done.stderr
    assert everything(staging) == before


def test_the_label_is_the_programs() -> None:
    assert secret.INITIAL == program.INITIAL
