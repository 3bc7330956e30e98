"""The runbook's "Move to Another Stack": `pg_dump` and `pg_restore` between two servers."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import postgres_server
from engine.stack_file import PROJECT_DIR
from programs import captured

RUNBOOK = (PROJECT_DIR / "docs/runbook.md").read_text()
SECTION = RUNBOOK.partition("### Move to Another Stack\n")[2].partition("\n---\n")[0]
(COPY,) = [
    block
    for block in re.findall(r"^```bash\n(.*?)^```", SECTION, re.DOTALL | re.MULTILINE)
    if "pg_restore" in block
]
MIGRATED = (
    "CREATE TYPE tariff AS ENUM ('fixed', 'variable')",
    "CREATE TABLE customers (id serial PRIMARY KEY, name text UNIQUE, tariff tariff)",
    "CREATE TABLE plans (id int PRIMARY KEY, customer int REFERENCES customers)",
)
"""The schema of both databases after migrations."""
WRITTEN = (
    "INSERT INTO customers (name, tariff) VALUES ('a', 'fixed'), ('b', 'variable')",
    "INSERT INTO plans VALUES (7, 2)",
)
Servers = tuple[postgres_server.Server, postgres_server.Server]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """The old stack's database with rows, and the new one's; both are migrated."""
    with ExitStack() as kept:
        old, new = (kept.enter_context(postgres_server.server()) for _ in range(2))
        for made in (old, new):
            postgres_server.as_superuser(made, "CREATE EXTENSION pg_stat_statements")
        run(old, *MIGRATED, *WRITTEN)
        yield old, new


def run(made: postgres_server.Server, *queries: str) -> None:
    with made.connect() as connection:
        for query in queries:
            connection.execute(query.encode())


def rows(made: postgres_server.Server) -> list[tuple[object, ...]]:
    with made.connect() as connection:
        query = b"SELECT c.*, p.id FROM customers c LEFT JOIN plans p ON customer = c.id ORDER BY 1"
        return connection.execute(query).fetchall()


def copy(servers: Servers, where: Path) -> subprocess.CompletedProcess[str]:
    """The runbook's commands, with both tunnels open."""
    old, new = servers
    script = COPY.replace("port=15432", f"port={old.port}").replace(
        "port=15433", f"port={new.port}"
    )
    script = script.replace("dbname=arbor_next", f"dbname={postgres_server.DATABASE}")
    programs = f"{postgres_server.PROGRAMS[-1]}:{os.environ['PATH']}"
    return captured(
        ["bash", "-euc", script],
        cwd=where,
        env={"PATH": programs, "PGPASSWORD": postgres_server.PASSWORD},
    )


@pytest.mark.parametrize("migrated", [True, False], ids=["after migrations", "into nothing"])
def test_data_is_copied_and_its_sequences_continue(
    servers: Servers, tmp_path: Path, *, migrated: bool
) -> None:
    old, new = servers
    run(new, "DROP TABLE IF EXISTS plans, customers", "DROP TYPE IF EXISTS tariff")
    run(new, *(MIGRATED if migrated else ()))
    done = copy(servers, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert rows(new) == rows(old)
    run(new, "INSERT INTO customers (name, tariff) VALUES ('c', 'fixed')")
    assert rows(new)[-1][0] == 3


def test_a_copy_that_fails_leaves_the_new_database_as_it_was(
    servers: Servers, tmp_path: Path
) -> None:
    _, new = servers
    run(new, "DROP TABLE IF EXISTS plans, customers", "DROP TYPE IF EXISTS tariff", *MIGRATED)
    run(new, "INSERT INTO customers (name) VALUES ('old')")
    run(new, "CREATE TABLE later (id int REFERENCES customers)")  # unknown to the old database
    done = copy(servers, tmp_path)
    assert done.returncode != 0
    assert "later" in done.stderr
    assert rows(new) == [(1, "old", None, None)]
    run(new, "DROP TABLE later")
