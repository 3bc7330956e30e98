"""Staging with database, cache and application as the first `pulumi up` leaves their secrets."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.elasticache.models import elasticache_backends
from moto.secretsmanager.models import secretsmanager_backends

from arbor.account import Account
from ecs_world import client
from operations_world import BACKEND, CLUSTER, STACK, World
from pulumi_moto import correction, corrections
from pulumi_moto.clock import CLOCK
from token_world import is_signed

DATABASE, GROUP, USER = "arbor-staging-db", "arbor-staging-redis", "arbor_user"
DB, CACHE, APP = (f"arbor/{STACK}/{purpose}" for purpose in ("db", "redis", "app"))
FIRST: dict[str, dict[str, str]] = {
    DB: {"username": USER, "password": "first-password"},
    CACHE: {"password": "first-token-of-letters"},
    APP: {"SECRET_KEY": "first-key", "OTHER": "kept"},
}


@contextmanager
def account() -> Iterator[None]:
    """A fresh account with the stores and their secrets, and no tasks."""
    assert corrections  # imported for what it registers
    correction.apply()
    CLOCK.set_speed(0)
    with mock_aws():
        client("secretsmanager").create_secret(Name=DB)
        stores()
        yield


def complete(world: World) -> None:
    """Make the stores, and have the backend's tasks read all three secrets."""
    stores()
    read = [("POSTGRES_PASSWORD", DB, "password"), ("REDIS_PASSWORD", CACHE, "password")]
    given = [
        {"name": variable, "valueFrom": f"{arn(name)}:{key}::"}
        for variable, name, key in [*read, ("SECRET_KEY", APP, "SECRET_KEY")]
    ]
    revision = world.infrastructure("backend", secrets=given)
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, taskDefinition=revision)
    world.finish()


def stores() -> None:
    """Database and cache, and the first value of each secret; the database's secret is there."""
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
    """Give a secret a new version."""
    client("secretsmanager").put_secret_value(
        SecretId=name, SecretString=json.dumps(value), VersionStages=list(stages) or ["AWSCURRENT"]
    )


def rotate_by_lambda(name: str) -> None:
    """As a secret is described that a Lambda function rotates; moto wants the function itself."""
    secret = secretsmanager_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].secrets[name]
    secret.__dict__.update(rotation_requested=True, rotation_enabled=True)


def arn(name: str) -> str:
    return str(client("secretsmanager").describe_secret(SecretId=name)["ARN"])


def held(name: str, stage: str = "AWSCURRENT") -> dict[str, str]:
    """What a version holds."""
    found = client("secretsmanager").get_secret_value(SecretId=name, VersionStage=stage)
    return dict(json.loads(found["SecretString"]))


def labels(name: str) -> set[str]:
    """Of all versions."""
    found = client("secretsmanager").describe_secret(SecretId=name)["VersionIdsToStages"]
    return {label for version in found.values() for label in version}


def tokens() -> list[str]:
    """The valid tokens, newest first, which ElastiCache doesn't return."""
    client("elasticache").describe_replication_groups()  # applies what is due
    group = elasticache_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].replication_groups[GROUP]
    return list(group.__dict__["auth_tokens"])


def accepts(_: Account, token: str) -> bool:
    """Whether the cache lets in a client with a token."""
    return token in tokens()


class Application:
    """Answers as the tasks of the backend that run now: each has the key of its start."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.keys: dict[int, str] = {}
        self.asked: list[str] = []
        self.status: int | None = None
        """What it answers whatever it is asked, where it is set."""
        self.remember()

    def remember(self) -> None:
        """Called at each step that is said: note the key that a new deployment's tasks read."""
        self.keys.setdefault(len(self.world.deployments(BACKEND)), held(APP)["SECRET_KEY"])

    def __call__(self, address: str, token: str) -> int:
        self.asked.append(address)
        self.remember()
        if self.status is not None:
            return self.status
        return 200 if is_signed(address, token, self.keys[max(self.keys)]) else 401


def deployments(world: World) -> int:
    """How many the backend had."""
    return len(world.deployments(BACKEND))


def everything(world: World) -> dict[str, Any]:
    """All that a rotation changes."""
    return {
        "held": {name: held(name) for name in FIRST},
        "labels": {name: labels(name) for name in FIRST},
        "tokens": tokens(),
        "deployments": deployments(world),
    }
