"""A test run ends with its skipped tests, and the command to install missing programs."""

import os
import sys
from pathlib import Path

import missing
from programs import captured

SUPPORT = Path(missing.__file__).parent
SKIPS = """
import missing, pytest

@pytest.mark.skipif(True, reason=missing.needs("a crane", "crane"))
def test_lifts() -> None: ...

@pytest.mark.skipif(True, reason=missing.needs("a crane", "crane"))
def test_lowers() -> None: ...

def test_digs() -> None:
    pytest.skip(missing.needs("a spade", "spade"))

def test_stands() -> None: ...
"""
COMMAND = "To run them (Debian): apt-get install --yes crane spade\n"


def run(directory: Path, *words: str, **environment: str) -> str:
    return captured(
        [sys.executable, *words],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(SUPPORT), **environment},
        check=True,
    ).stdout


def test_several_runs_end_with_one_list_and_one_command(tmp_path: Path) -> None:
    for conftest in (tmp_path / "conftest.py", tmp_path / "below/conftest.py"):
        conftest.parent.mkdir(exist_ok=True)
        conftest.write_text("from missing import pytest_terminal_summary")
    (tmp_path / "below/test_skips.py").write_text(SKIPS)
    pytest = ("-m", "pytest", "-p", "no:cacheprovider", "below")

    alone = run(tmp_path, *pytest, SKIPPED="runs/skipped")
    assert alone.count("Skipped on this machine: 3 tests.\n") == 1
    assert COMMAND in alone
    run(tmp_path, *pytest, "-n", "1", SKIPPED="runs/skipped")

    whole = run(tmp_path, str(SUPPORT / "missing.py"), "runs/skipped")
    assert whole == (
        "Skipped on this machine: 6 tests.\n  4 tests: needs a crane\n  2 tests: needs a spade\n"
        + COMMAND
    )
    assert run(tmp_path, str(SUPPORT / "missing.py"), "runs/skipped") == ""


def test_a_run_without_a_skip_prints_nothing() -> None:
    assert list(missing.summary({})) == []
