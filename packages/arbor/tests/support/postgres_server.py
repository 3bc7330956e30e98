"""A real PostgreSQL with TLS and pg_stat_statements."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

import missing
from certificate_authority import Authority, authority

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
WITHOUT = missing.needs("PostgreSQL", "postgresql")
USER, PASSWORD, DATABASE = "arbor_user", "first-password", "arbor_production"
HOST = "database.arbor.test"


@dataclass(frozen=True, kw_only=True)
class Server:
    """`user` has the rights of RDS's master user: it may create roles and is no superuser."""

    port: int
    ca: Path
    """The authority of the certificate for `host`."""
    host: str = HOST
    user: str = USER
    password: str = PASSWORD
    """The initial password."""
    database: str = DATABASE

    def connect(self, user: str = "", password: str = "") -> psycopg.Connection:
        """Connect like the procedures: local address, host name of the certificate."""
        return psycopg.connect(
            host=self.host,
            hostaddr="127.0.0.1",
            port=self.port,
            user=user or self.user,
            password=password or self.password,
            dbname=self.database,
            sslmode="verify-full",
            sslrootcert=str(self.ca),
        )


def free_port() -> int:
    """A port without a listener."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(
    *hosts: str,
    signed_by: Authority | None = None,
    user: str = USER,
    password: str = PASSWORD,
    database: str = DATABASE,
    connections: int = 100,
) -> Iterator[Server]:
    """Start a server in its own directory, and stop it. Skips the test without PostgreSQL.

    Its certificate is for `hosts`, or for `HOST`; it accepts at most `connections`.
    """
    if not PROGRAMS:
        pytest.skip(WITHOUT)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        signer = signed_by or authority(place)
        signer.issue(place, *(hosts or (HOST,)))
        account = _account()
        data = place / "data"
        port = free_port()
        if account is not None:
            place.chmod(0o755)
            for path in (place, *place.iterdir()):
                shutil.chown(path, account.pw_uid, account.pw_gid)
        run = [str(PROGRAMS[-1] / "initdb"), "-D", str(data), "-U", "rds", "--auth=trust"]
        _run([*run, "--encoding=UTF8", "--no-sync"], account)
        (data / "postgresql.auto.conf").write_text(
            f"port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n"
            f"ssl = on\nssl_cert_file = '{place}/server.pem'\nssl_key_file = '{place}/server.key'\n"
            "shared_preload_libraries = 'pg_stat_statements'\npassword_encryption = scram-sha-256\n"
            f"max_connections = {connections}\n"
            "fsync = off\nlog_statement = all\nlogging_collector = off\n"
        )
        (data / "pg_hba.conf").write_text(
            "host all rds 127.0.0.1/32 trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n"
        )
        control = [str(PROGRAMS[-1] / "pg_ctl"), "-D", str(data), "-w"]
        log = ["-l", str(data / "log")]
        _run([*control, *log, "start"], account)
        try:
            made = Server(
                port=port,
                ca=signer.ca,
                host=(hosts or (HOST,))[0],
                user=user,
                password=password,
                database=database,
            )
            _prepare(made)
            yield made
        finally:
            _run([*control, "-m", "immediate", "stop"], account)


def statements(made: Server) -> str:
    """Everything that the server logged."""
    with superuser(made) as root:
        found = root.execute("SELECT pg_read_file('log')").fetchone()
    assert found is not None
    return str(found[0])


def superuser(made: Server, database: str = "") -> psycopg.Connection:
    """Connect as superuser, as RDS itself does."""
    address = f"host=127.0.0.1 port={made.port} user=rds dbname={database or made.database}"
    return psycopg.connect(address, autocommit=True)


def as_superuser(made: Server, *queries: str, database: str = "") -> None:
    """Run queries as superuser."""
    with superuser(made, database) as root:
        for query in queries:
            root.execute(query.encode())


def _prepare(made: Server) -> None:
    as_superuser(
        made,
        f"CREATE ROLE {made.user} LOGIN CREATEROLE CREATEDB PASSWORD '{made.password}'",
        f"CREATE DATABASE {made.database} OWNER {made.user}",
        database="postgres",
    )


def _account() -> pwd.struct_passwd | None:
    """Debian's account for PostgreSQL, which refuses to run as root."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


def _run(command: list[str], account: pwd.struct_passwd | None) -> None:
    done = subprocess.run(
        command,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if "start" not in command else subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
        cwd="/",
    )
    assert done.returncode == 0, done.stdout
