"""An emulated account with production's cache and its secret."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.elasticache.models import elasticache_backends

from arbor.account import Account
from emulated_account import emulated
from redis_server import HOST, TOKEN

SECRET, GROUP = "arbor/production/redis", "arbor-production-redis"


@contextmanager
def cache_account() -> Iterator[None]:
    """A group of two nodes with the host name of the real Redis's certificate."""
    with emulated():
        make_group()
        keep(TOKEN)
        name_primary(HOST)
        yield


def make_group(nodes: int = 2, name: str = GROUP) -> None:
    boto3.client("elasticache").create_replication_group(
        ReplicationGroupId=name,
        ReplicationGroupDescription="d",
        CacheNodeType="cache.t3.micro",
        NumCacheClusters=nodes,
        AutomaticFailoverEnabled=nodes > 1,
        TransitEncryptionEnabled=True,
        AuthToken=TOKEN,
    )


def keep(token: str, name: str = SECRET) -> None:
    """Store a token in the secret."""
    manager, value = boto3.client("secretsmanager"), json.dumps({"password": token})
    try:
        manager.create_secret(Name=name, SecretString=value)
    except manager.exceptions.ResourceExistsException:
        manager.put_secret_value(SecretId=name, SecretString=value)


def name_primary(host: str, name: str = GROUP) -> None:
    """Set the primary endpoint's host name to one in the test's certificate."""
    group = elasticache_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].replication_groups[name]
    group.node_groups[0]["primary_endpoint"] = {"address": host, "port": 6379}


def production() -> Account:
    return Account(stack="production", client=boto3.client)
