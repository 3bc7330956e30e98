"""An empty database requires migrations first; the application's start prevents them."""

import json
import re
import time
from pathlib import Path

import pytest

from application_process import Stores, launched, started
from postgres_server import superuser

RUNBOOK = Path(__file__).parents[4] / "docs" / "runbook.md"
LOCK_WAITS = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"
)
BOOT_FAILED = {1, 3}
"""Gunicorn's exit codes after a worker failed to boot; 1 if several fail at once."""


@pytest.fixture
def empty(on: Stores) -> Stores:
    on.empty()
    return on


def race(on: Stores, directory: Path) -> int | None:
    """Lock a table until four workers wait for it; returns the exit code, None while running."""
    with superuser(on.database) as watching, on.database.connect() as holding:
        holding.execute("CREATE TABLE suppliers (id int)")
        with launched(on, directory, workers=4) as running:
            ends = time.monotonic() + 60
            waiting = 0
            while waiting < 4:
                assert time.monotonic() < ends, running.log.read_text()
                time.sleep(0.1)
                found = watching.execute(LOCK_WAITS, ["%CREATE TABLE%"])
                (waiting,) = found.fetchone() or (0,)
            holding.rollback()
            while running.process.poll() is None and time.monotonic() < ends:
                time.sleep(0.1)
            return running.process.returncode


def tables(on: Stores) -> set[str]:
    with on.database.connect() as session:
        found = session.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name for (name,) in found}


@pytest.mark.slow
def test_four_workers_on_an_empty_database_break_later_migrations(
    empty: Stores, tmp_path: Path
) -> None:
    assert race(empty, tmp_path) in BOOT_FAILED
    assert "Failed to initialize database" in (tmp_path / "log").read_text()
    for _ in range(2):
        broken = empty.alembic("upgrade", "head")
        assert broken.returncode == 1
        assert 'relation "suppliers" already exists' in broken.stderr
    assert "suppliers" in tables(empty)
    assert "alembic_version" not in tables(empty)


def test_after_migrations_four_workers_start(empty: Stores, tmp_path: Path) -> None:
    assert empty.alembic("upgrade", "head").returncode == 0
    made = tables(empty)
    with started(empty, tmp_path, workers=4) as running:
        assert running.ask("/api/v1/plans") == (200, [])
    again = empty.alembic("upgrade", "head")
    assert again.returncode == 0
    assert "Running upgrade" not in again.stderr
    assert tables(empty) == made


def schema(on: Stores) -> set[tuple[str, ...]]:
    """Every index, constraint and column, by name."""
    with on.database.connect() as session:
        found = session.execute(
            "SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
            " UNION ALL SELECT 'column', table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public'"
            " UNION ALL SELECT 'constraint', conname, contype::text FROM pg_constraint"
        )
        return set(found.fetchall())


@pytest.mark.slow
def test_the_runbooks_repair_restores_the_migrations_schema(empty: Stores, tmp_path: Path) -> None:
    assert empty.alembic("upgrade", "head").returncode == 0
    wanted = schema(empty)
    empty.empty()
    assert race(empty, tmp_path) in BOOT_FAILED
    text = RUNBOOK.read_text().partition("### Repair a Database That Was Not")[2]
    section = text.partition("\n### ")[0]
    commands = re.findall(r"'(\"[^']+\")'", section.partition("; do")[0].rpartition("for ")[2])
    assert len(commands) == 3
    for words in commands:
        done = empty.alembic(*json.loads(f"[{words}]"))
        assert done.returncode == 0, done.stderr
    assert schema(empty) < wanted, "without the indexes that the models lack"
    with empty.database.connect() as session:
        for statement in re.findall('psql -c "(CREATE INDEX .*);"', section):
            session.execute(statement)
    assert schema(empty) == wanted
    again = empty.alembic("upgrade", "head")
    assert (again.returncode, "Running upgrade" in again.stderr) == (0, False)


def test_without_a_database_it_exits(empty: Stores, tmp_path: Path) -> None:
    with launched(empty, tmp_path, POSTGRES_PORT="1") as running:
        assert running.process.wait(timeout=60) in BOOT_FAILED
    assert "Failed to initialize database" in running.log.read_text()
