"""Staging with database, cache and application after the first `pulumi up`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.elasticache.models import elasticache_backends
from moto.secretsmanager.models import secretsmanager_backends

from arbor.account import Account
from ecs_world import client
from emulated_account import emulated
from staging_fixtures import BACKEND, CLUSTER, STACK, Staging
from token_fixtures import is_signed

DATABASE, GROUP, USER = "arbor-staging-db", "arbor-staging-redis", "arbor_user"
DB, CACHE, APP = (f"arbor/{STACK}/{purpose}" for purpose in ("db", "redis", "app"))
FIRST: dict[str, dict[str, str]] = {
    DB: {"username": USER, "password": "first-password"},
    CACHE: {"password": "first-token-of-letters"},
    APP: {"SECRET_KEY": "first-key", "OTHER": "kept"},
}


@contextmanager
def account() -> Iterator[None]:
    """A new account with the stores and their secrets, without tasks."""
    with emulated():
        client("secretsmanager").create_secret(Name=DB)
        stores()
        yield


def complete(staging: Staging) -> None:
    """Create the stores, and give the backend's tasks all three secrets."""
    stores()
    read = [("POSTGRES_PASSWORD", DB, "password"), ("REDIS_PASSWORD", CACHE, "password")]
    given = [
        {"name": variable, "valueFrom": f"{arn(name)}:{key}::"}
        for variable, name, key in [*read, ("SECRET_KEY", APP, "SECRET_KEY")]
    ]
    revision = staging.infrastructure("backend", secrets=given)
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, taskDefinition=revision)
    staging.finish()


def stores() -> None:
    """Database, cache and each secret's first value; the database's secret must exist."""
    rds, cache = client("rds"), client("elasticache")
    rds.create_db_instance(
        DBInstanceIdentifier=DATABASE,
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        EngineVersion="16",
        AllocatedStorage=20,
        MasterUsername=USER,
        MasterUserPassword=FIRST[DB]["password"],
    )
    cache.create_replication_group(
        ReplicationGroupId=GROUP,
        ReplicationGroupDescription="d",
        CacheNodeType="cache.t3.micro",
        NumCacheClusters=1,
        TransitEncryptionEnabled=True,
        AuthToken=FIRST[CACHE]["password"],
    )
    for name, value in FIRST.items():
        if name != DB:
            client("secretsmanager").create_secret(Name=name)
        put(name, value, "AWSCURRENT", "arbor-initial")


def put(name: str, value: object, *stages: str) -> None:
    """Store a new version of a secret."""
    client("secretsmanager").put_secret_value(
        SecretId=name, SecretString=json.dumps(value), VersionStages=list(stages) or ["AWSCURRENT"]
    )


def rotate_by_lambda(name: str) -> None:
    """Mark a secret as rotated by a Lambda function, without the function that moto requires."""
    secret = secretsmanager_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].secrets[name]
    secret.__dict__.update(rotation_requested=True, rotation_enabled=True)


def arn(name: str) -> str:
    return str(client("secretsmanager").describe_secret(SecretId=name)["ARN"])


def held(name: str, stage: str = "AWSCURRENT") -> dict[str, str]:
    """The value of a version."""
    found = client("secretsmanager").get_secret_value(SecretId=name, VersionStage=stage)
    return dict(json.loads(found["SecretString"]))


def labels(name: str) -> set[str]:
    """The labels of all versions."""
    found = client("secretsmanager").describe_secret(SecretId=name)["VersionIdsToStages"]
    return {label for version in found.values() for label in version}


def tokens() -> list[str]:
    """The valid tokens, the newest first; ElastiCache doesn't return them."""
    client("elasticache").describe_replication_groups()  # applies what is due
    group = elasticache_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].replication_groups[GROUP]
    return list(group.__dict__["auth_tokens"])


def accepts(_: Account, token: str) -> bool:
    """Whether the cache accepts a token."""
    return token in tokens()


class Application:
    """Answers like the backend's running tasks, each with the key of its start."""

    def __init__(self, staging: Staging) -> None:
        self.staging = staging
        self.keys: dict[int, str] = {}
        self.requested: list[str] = []
        self.status: int | None = None
        """If set, the status of every answer."""
        self.remember()

    def remember(self) -> None:
        """Record the key that a new deployment's tasks read; called at each step."""
        self.keys.setdefault(len(self.staging.deployments(BACKEND)), held(APP)["SECRET_KEY"])

    def __call__(self, address: str, token: str) -> int:
        self.requested.append(address)
        self.remember()
        if self.status is not None:
            return self.status
        return 200 if is_signed(address, token, self.keys[max(self.keys)]) else 401


def deployments(staging: Staging) -> int:
    """Number of the backend's deployments."""
    return len(staging.deployments(BACKEND))


def everything(staging: Staging) -> dict[str, Any]:
    """The state that a rotation changes."""
    return {
        "held": {name: held(name) for name in FIRST},
        "labels": {name: labels(name) for name in FIRST},
        "tokens": tokens(),
        "deployments": deployments(staging),
    }
