"""A session in the stack's Redis, on the primary, through a task.

TLS always. ElastiCache's certificates are signed by public authorities, so the system's trust store
checks them, against the endpoint's name although the address is the tunnel's.
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/in-transit-encryption.html
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.cache import group, token
from arbor.cache.group import Group
from arbor.procedure import Failed
from arbor.tunnel import tunnel
from arbor_names import naming

if TYPE_CHECKING:
    import redis

SECONDS = 10
"""For an answer: every command here is a quick one, or one of many small ones."""


@contextmanager
def session(account: Account) -> Iterator["redis.Redis"]:
    """Log in; text comes back as text.

    Raises Refused and Failed as the tunnel does, and Failed with one sentence for whatever goes
    wrong with Redis, in the block too.
    """
    import redis  # noqa: PLC0415 - slow, and --help is fast

    found, password = group.read(account), token.read(account).current.text
    try:
        with _login(account, found, password) as made:
            yield made
    except redis.RedisError as error:
        raise Failed(_sentence(error, account)) from error


def takes(account: Account, password: str) -> bool:
    """Whether the cache lets in a client with this token. Raises as `session` does."""
    import redis  # noqa: PLC0415 - slow, and --help is fast

    try:
        with _login(account, group.read(account), password):
            return True
    except redis.AuthenticationError:
        return False
    except redis.RedisError as error:
        raise Failed(_sentence(error, account)) from error


@contextmanager
def _login(account: Account, found: Group, password: str) -> Iterator["redis.Redis"]:
    """Raises what redis-py raises."""
    import redis  # noqa: PLC0415 - slow, and --help is fast
    from redis.backoff import NoBackoff  # noqa: PLC0415 - as above
    from redis.retry import Retry  # noqa: PLC0415 - as above

    class Named(redis.SSLConnection):
        """Checks the certificate for the endpoint's name: redis-py knows the address alone.

        Should redis-py ever call this otherwise, it checks for the address, and refuses.
        """

        def _wrap_socket_with_ssl(self, sock: socket.socket) -> ssl.SSLSocket:
            return ssl.create_default_context().wrap_socket(sock, server_hostname=found.host)

    with tunnel(account, found.host, found.port) as port:
        pool = redis.ConnectionPool(
            connection_class=Named,
            host="127.0.0.1",
            port=port,
            password=password,
            protocol=2,
            client_name="arbor-operations",
            socket_timeout=SECONDS,
            socket_connect_timeout=SECONDS,
            retry=Retry(NoBackoff(), 0),
            # A key is whatever bytes the application chose; this way each comes back unchanged.
            decode_responses=True,
            encoding_errors="surrogateescape",
        )
        try:
            made = redis.Redis(connection_pool=pool)
            made.ping()
            yield made
        finally:
            pool.disconnect()


def _sentence(error: Exception, account: Account) -> str:
    import redis  # noqa: PLC0415 - slow, and --help is fast

    name, secret = (
        naming.cache_replication_group(account.stack),
        naming.secret(account.stack, "redis"),
    )
    said = str(error).strip().rstrip(".")
    if isinstance(error, redis.AuthenticationError):
        return (
            f"{name} does not take the token in {secret}: one of the two was changed alone. Put "
            "the token that the cache takes into the secret with `aws secretsmanager "
            "put-secret-value`."
        )
    if isinstance(error, redis.TimeoutError):
        return (
            f"{name} did not answer within {SECONDS} seconds: is it available, and does its "
            "security group let the backend's tasks in? `aws elasticache "
            f"describe-replication-groups --replication-group-id {name}`"
        )
    if isinstance(error, redis.ReadOnlyError):
        return (
            f"{name} fails over: what was its primary is a replica now. Run the same again in a "
            "minute."
        )
    if isinstance(error, redis.ConnectionError):
        return f"{name} was not reached: {said}."
    return f"Redis says: {said}."
