"""The database beside the emulated account, for the faults of a rotation.

RDS's API never returns the master password, so it is read from the calls that reached RDS.
"""

import atexit
import contextlib
import functools
import json
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

import postgres_server
from arbor.account import Account
from arbor.database.connection import WrongPasswordError
from arbor.database.secret import Credentials
from fault_wire import Wire

SECRET, DATABASE = "arbor/production/db", "arbor-production-db"
MODIFY, PROMOTE = "rds:ModifyDBInstance", "secretsmanager:UpdateSecretVersionStage"
DEPLOY = "ecs:UpdateService"


class Connection:
    """A connection for queries."""

    def execute(self, _query: str) -> None:
        return None


def master_password(wire: Wire) -> str:
    """The database's current master password."""
    passwords = [_first(wire)]
    for operation, body in wire.effects:
        if operation == MODIFY:
            requested = urllib.parse.parse_qs(body.decode() if isinstance(body, bytes) else body)
            if requested["MasterUserPassword"][0] != passwords[-1]:
                passwords.append(requested["MasterUserPassword"][0])
    (found,) = wire.client("rds").describe_db_instances(DBInstanceIdentifier=DATABASE)[
        "DBInstances"
    ]
    waits = "MasterUserPassword" in found.get("PendingModifiedValues", {})
    return passwords[-2] if waits else passwords[-1]


def _first(wire: Wire) -> str:
    """The oldest version's value: the one that the engine also gave the database."""
    manager = wire.client("secretsmanager")
    listed = manager.list_secret_version_ids(SecretId=SECRET, IncludeDeprecated=True)["Versions"]
    version = min(listed, key=lambda one: one["CreatedDate"])["VersionId"]
    value = manager.get_secret_value(SecretId=SECRET, VersionId=version)["SecretString"]
    return str(json.loads(value)["password"])


@contextmanager
def with_rds(wire: Wire) -> Iterator[None]:
    """The command logs in to the database of the account's RDS."""

    @contextmanager
    def connect(_account: Account, credentials: Credentials) -> Iterator[Connection]:
        with wire.aside():
            right = credentials.username == "arbor_user" and (
                credentials.password == master_password(wire)
            )
        if not right:
            raise WrongPasswordError
        yield Connection()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("arbor.security.commands.connection", connect)
        yield


@functools.cache
def _postgres() -> postgres_server.Server:
    """One server for all runs, because its start takes longer than they do."""
    kept = contextlib.ExitStack()
    atexit.register(kept.close)
    return kept.enter_context(postgres_server.server())


def share_password(wire: Wire) -> None:
    """Give the real PostgreSQL RDS's master password."""
    password = master_password(wire)
    postgres_server.as_superuser(_postgres(), f"ALTER ROLE arbor_user PASSWORD '{password}'")


@contextmanager
def with_postgres(wire: Wire) -> Iterator[None]:
    """The command logs in to a real PostgreSQL with both users."""

    @contextmanager
    def connect(_account: Account, credentials: Credentials) -> Iterator[psycopg.Connection]:
        with wire.aside():
            share_password(wire)
        try:
            made = _postgres().connect(credentials.username, credentials.password)
        except psycopg.OperationalError as error:
            raise WrongPasswordError from error
        with made:
            yield made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("arbor.security.commands.connection", connect)
        yield


def took_turns(wire: Wire) -> object:
    """As `rotated`, and neither user is locked out; the first password is invalid."""
    share_password(wire)
    value = _value(wire)
    for user, password in (
        (value["username"], value["password"]),
        ("arbor_user", master_password(wire)),
    ):
        _postgres().connect(user, password).close()
    return {**ended(wire), "the first is of no use": master_password(wire) != _first(wire)}


def rotated(wire: Wire) -> object:
    """Whether database, secret and tasks agree on a new password."""
    value = _value(wire)
    return {
        **ended(wire),
        "user": value["username"],
        "the database takes the secret's": value["password"] == master_password(wire),
        "it is new": value["password"] != _first(wire),
    }


def _value(wire: Wire) -> dict[str, str]:
    manager = wire.client("secretsmanager")
    value: dict[str, str] = json.loads(manager.get_secret_value(SecretId=SECRET)["SecretString"])
    return value


def ended(wire: Wire, secret: str = SECRET) -> dict[str, object]:
    """No step is left, and the tasks started after the value was stored."""
    stages = wire.client("secretsmanager").describe_secret(SecretId=secret)["VersionIdsToStages"]
    order = [operation for operation, _ in wire.effects]
    given_out = max(
        at
        for at, (operation, body) in enumerate(wire.effects)
        if operation == PROMOTE and b"AWSCURRENT" in body
    )
    deployments = wire.client("ecs").list_service_deployments(
        cluster="arbor-production-cluster", service="arbor-production-backend"
    )["serviceDeployments"]
    return {
        "pending": [version for version, held in stages.items() if "AWSPENDING" in held],
        "deployed after it was given out": DEPLOY in order[given_out:],
        "deployment": max(deployments, key=lambda one: one["createdAt"])["status"],
    }
