"""On an empty database the migration comes first: the application's own start breaks it."""

import json
import re
import time
from pathlib import Path

import pytest

from application_world import Stores, begun, started
from postgres_world import superuser

RUNBOOK = Path(__file__).parents[4] / "docs" / "runbook.md"
WAIT_FOR_EACH_OTHER = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"
)
DIED = {1, 3}
"""Gunicorn's exit code after a worker that did not boot; 1 where several end at once."""


@pytest.fixture
def empty(on: Stores) -> Stores:
    on.empty()
    return on


def race(on: Stores, place: Path) -> int | None:
    """Hold a table until four workers are at it; gives the exit code, None while it runs."""
    with superuser(on.database) as watching, on.database.connect() as holding:
        holding.execute("CREATE TABLE suppliers (id int)")
        with begun(on, place, workers=4) as running:
            ends = time.monotonic() + 60
            waiting = 0
            while waiting < 4:
                assert time.monotonic() < ends, running.log.read_text()
                time.sleep(0.1)
                found = watching.execute(WAIT_FOR_EACH_OTHER, ["%CREATE TABLE%"])
                (waiting,) = found.fetchone() or (0,)
            holding.rollback()
            while running.process.poll() is None and time.monotonic() < ends:
                time.sleep(0.1)
            return running.process.returncode


def tables(on: Stores) -> set[str]:
    with on.database.connect() as session:
        found = session.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name for (name,) in found}


def test_four_workers_race_on_an_empty_database_and_the_migration_fails_ever_after(
    empty: Stores, tmp_path: Path
) -> None:
    assert race(empty, tmp_path) in DIED
    assert "Failed to initialize database" in (tmp_path / "log").read_text()
    for _ in range(2):
        broken = empty.alembic("upgrade", "head")
        assert broken.returncode == 1
        assert 'relation "suppliers" already exists' in broken.stderr
    assert "suppliers" in tables(empty)
    assert "alembic_version" not in tables(empty)


def test_migrated_first_four_workers_start_and_a_second_migration_is_harmless(
    empty: Stores, tmp_path: Path
) -> None:
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


def test_the_runbooks_repair_makes_of_it_what_migrations_make(
    empty: Stores, tmp_path: Path
) -> None:
    assert empty.alembic("upgrade", "head").returncode == 0
    wanted = schema(empty)
    empty.empty()
    assert race(empty, tmp_path) in DIED
    text = RUNBOOK.read_text().partition("### Repair a Database That Was Not")[2]
    section = text.partition("\n### ")[0]
    commands = re.findall(r"'(\"[^']+\")'", section.partition("; do")[0].rpartition("for ")[2])
    assert len(commands) == 3
    for words in commands:
        done = empty.alembic(*json.loads(f"[{words}]"))
        assert done.returncode == 0, done.stderr
    assert schema(empty) < wanted, "what the models lack is not there yet"
    with empty.database.connect() as session:
        for statement in re.findall('psql -c "(CREATE INDEX .*);"', section):
            session.execute(statement)
    assert schema(empty) == wanted
    again = empty.alembic("upgrade", "head")
    assert (again.returncode, "Running upgrade" in again.stderr) == (0, False)


def test_without_its_database_it_ends(empty: Stores, tmp_path: Path) -> None:
    with begun(empty, tmp_path, POSTGRES_PORT="1") as running:
        assert running.process.wait(timeout=60) in DIED
    assert "Failed to initialize database" in running.log.read_text()
