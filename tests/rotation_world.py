"""The database beside the emulated account, for the faults of a rotation.

RDS's API never tells the master's password; what reached it does, and whether it is applied yet.
"""

import json
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from faults import Wire
from operations.account import Account
from operations.database.connection import WrongPasswordError
from operations.security.passwords import Credentials

SECRET, DATABASE = "arbor/production/db", "arbor-production-db"
MODIFY, PROMOTE = "rds:ModifyDBInstance", "secretsmanager:UpdateSecretVersionStage"
DEPLOY = "ecs:UpdateService"


class Connection:
    """One that a query can be made on."""

    def execute(self, _query: str) -> None:
        return None


def master_password(wire: Wire) -> str:
    """The one that the database takes now."""
    passwords = [_first(wire)]
    for operation, body in wire.effects:
        if operation == MODIFY:
            asked = urllib.parse.parse_qs(body.decode() if isinstance(body, bytes) else body)
            if asked["MasterUserPassword"][0] != passwords[-1]:
                passwords.append(asked["MasterUserPassword"][0])
    (found,) = wire.client("rds").describe_db_instances(DBInstanceIdentifier=DATABASE)[
        "DBInstances"
    ]
    waits = "MasterUserPassword" in found.get("PendingModifiedValues", {})
    return passwords[-2] if waits else passwords[-1]


def _first(wire: Wire) -> str:
    """The oldest version's: the one that the engine gave the database, too."""
    manager = wire.client("secretsmanager")
    listed = manager.list_secret_version_ids(SecretId=SECRET, IncludeDeprecated=True)["Versions"]
    version = min(listed, key=lambda one: one["CreatedDate"])["VersionId"]
    value = manager.get_secret_value(SecretId=SECRET, VersionId=version)["SecretString"]
    return str(json.loads(value)["password"])


@contextmanager
def surroundings(wire: Wire) -> Iterator[None]:
    """The command logs in to the database that the account's RDS runs."""

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
        patch.setattr("operations.security.commands.connection", connect)
        yield


def rotated(wire: Wire) -> object:
    """Whether database, secret and tasks agree on a password that is new."""
    manager = wire.client("secretsmanager")
    value = json.loads(manager.get_secret_value(SecretId=SECRET)["SecretString"])
    stages = manager.describe_secret(SecretId=SECRET)["VersionIdsToStages"]
    order = [operation for operation, _ in wire.effects]
    given_out = order.index(PROMOTE)
    deployed = [at for at, operation in enumerate(order) if operation == DEPLOY]
    ecs = wire.client("ecs")
    last = ecs.list_service_deployments(
        cluster="arbor-production-cluster", service="arbor-production-backend"
    )["serviceDeployments"]
    return {
        "the secret's is the database's": value["password"] == master_password(wire),
        "user": value["username"],
        "changed": value["password"] != _first(wire),
        "deployed after it was given out": any(at > given_out for at in deployed),
        "deployment": max(last, key=lambda one: one["createdAt"])["status"],
        "pending": [v for v, held in stages.items() if "AWSPENDING" in held],
        "locked": _locked(wire),
    }


def _locked(wire: Wire) -> bool:
    found = wire.client("ssm").describe_parameters()["Parameters"]
    return any(one["Name"] == "/arbor/production/operation" for one in found)
