"""A session on the primary of the stack's Redis, through a tunnel.

TLS is required. Public authorities sign ElastiCache's certificates, so the system's trust store
verifies them, for the endpoint's host name although the address is the tunnel's.
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
"""Time-out of one Redis command."""


@contextmanager
def session(account: Account) -> Iterator["redis.Redis"]:
    """Log in; replies are decoded to `str`.

    Raises Refused and Failed as `tunnel` does, and Failed for each error of Redis, also inside the
    block.
    """
    import redis  # noqa: PLC0415 - slow, and --help is fast

    found, password = group.read(account), token.read(account).current.text
    try:
        with _login(account, found, password) as made:
            yield made
    except redis.RedisError as error:
        raise Failed(_sentence(error, account)) from error


def accepts(account: Account, token: str) -> bool:
    """Whether the cache accepts this AUTH token. Raises as `session` does."""
    import redis  # noqa: PLC0415 - slow, and --help is fast

    try:
        with _login(account, group.read(account), token):
            return True
    except redis.AuthenticationError:
        return False
    except redis.RedisError as error:
        raise Failed(_sentence(error, account)) from error


@contextmanager
def _login(account: Account, found: Group, password: str) -> Iterator["redis.Redis"]:
    """Raises redis.RedisError."""
    import redis  # noqa: PLC0415 - slow, and --help is fast
    from redis.backoff import NoBackoff  # noqa: PLC0415 - as above
    from redis.retry import Retry  # noqa: PLC0415 - as above

    class EndpointConnection(redis.SSLConnection):
        """Verifies the certificate for the endpoint's name, as redis-py has the address only.

        If redis-py stops calling this method, it verifies the address and the login fails.
        """

        def _wrap_socket_with_ssl(self, sock: socket.socket) -> ssl.SSLSocket:
            return ssl.create_default_context().wrap_socket(sock, server_hostname=found.host)

    with tunnel(account, found.host, found.port) as port:
        pool = redis.ConnectionPool(
            connection_class=EndpointConnection,
            host="127.0.0.1",
            port=port,
            password=password,
            protocol=2,
            client_name="arbor-operations",
            socket_timeout=SECONDS,
            socket_connect_timeout=SECONDS,
            retry=Retry(NoBackoff(), 0),
            # Keys may be any bytes; this round-trips them.
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
    reason = str(error).strip().rstrip(".")
    if isinstance(error, redis.AuthenticationError):
        return (
            f"{name} rejects the AUTH token in {secret}: one of them was changed alone. "
            "Store the cache's token in the secret with `aws secretsmanager put-secret-value`."
        )
    if isinstance(error, redis.TimeoutError):
        return (
            f"{name} did not answer within {SECONDS} seconds. Check that it is available (`aws "
            f"elasticache describe-replication-groups --replication-group-id {name}`) and that its "
            "security group admits the backend's tasks."
        )
    if isinstance(error, redis.ReadOnlyError):
        return (
            f"{name} is failing over: the connected node is now a replica. Run the command again "
            "in a minute."
        )
    if isinstance(error, redis.ConnectionError):
        return f"{name} is unreachable: {reason}."
    return f"Redis error: {reason}."
