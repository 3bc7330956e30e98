"""A real Redis that requires TLS and AUTH."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import redis

import missing
from certificate_authority import Authority, authority
from postgres_server import free_port

PROGRAM = shutil.which("redis-server")
WITHOUT = missing.needs("redis-server", "redis-server")
TOKEN = "first-token-of-letters"
HOST = "master.arbor-production-redis.arbor.test"
READY = "Ready to accept connections"


@dataclass(frozen=True, kw_only=True)
class Server:
    """Requires TLS, like ElastiCache with encryption in transit."""

    port: int
    ca: Path
    """The authority of the certificate."""
    token: str = TOKEN

    def client(self) -> redis.Redis:
        """A client for the test itself, without verification."""
        return redis.Redis(
            port=self.port,
            password=self.token,
            ssl=True,
            ssl_cert_reqs="none",
            ssl_check_hostname=False,
            decode_responses=True,
        )

    def fill(self, **counts: int) -> None:
        """Flush it, reset its counters, and set a number of keys `NAME:n` for each name."""
        with self.client() as client:
            client.flushall()
            client.config_resetstat()
            client.config_set("maxmemory", 0)
            for name, count in counts.items():
                client.mset({f"{name}:{n}": "x" for n in range(count)})

    def keys(self) -> set[str]:
        with self.client() as client:
            return set(client.scan_iter(count=1000))

    def commands(self) -> set[str]:
        """Commands executed since `fill`, in lower case."""
        with self.client() as client:
            return {name.removeprefix("cmdstat_") for name in client.info("commandstats")}


@contextmanager
def replica(of: Server, place: Path) -> Iterator[Server]:
    """Start a replica, with the certificate in `place`."""
    port = free_port()
    more = {"tls-replication": "yes", "replicaof": f"127.0.0.1 {of.port}", "masterauth": of.token}
    with _running(place, port, ca=of.ca, token=of.token, more=more):
        yield replace(of, port=port)


@contextmanager
def server(*hosts: str, signed_by: Authority | None = None, token: str = TOKEN) -> Iterator[Server]:
    """Start a server in its own directory, and stop it. Skips the test without Redis.

    Its certificate is for `hosts`, or for `HOST`.
    """
    if PROGRAM is None:
        pytest.skip(WITHOUT)
    with tempfile.TemporaryDirectory() as name:
        place, port = Path(name), free_port()
        signer = signed_by or authority(place)
        signer.issue(place, *(hosts or (HOST,)))
        with _running(place, port, ca=signer.ca, token=token):
            yield Server(port=port, ca=signer.ca, token=token)


@contextmanager
def _running(
    place: Path, port: int, *, ca: Path, token: str, more: Mapping[str, str] | None = None
) -> Iterator[None]:
    assert PROGRAM is not None
    options = {
        "port": "0",
        "tls-port": str(port),
        "bind": "127.0.0.1",
        "tls-cert-file": str(place / "server.pem"),
        "tls-key-file": str(place / "server.key"),
        "tls-ca-cert-file": str(ca),
        "tls-auth-clients": "no",
        "requirepass": token,
        "save": "",
        "appendonly": "no",
        "dir": str(place),
        **(more or {}),
    }
    words = [
        word for option, value in options.items() for word in (f"--{option}", *value.split(" "))
    ]
    with subprocess.Popen([PROGRAM, *words], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            output = []
            for line in process.stdout:
                output.append(line)
                if READY in line:
                    break
            else:
                raise AssertionError("".join(output))
            yield
        finally:
            process.terminate()
