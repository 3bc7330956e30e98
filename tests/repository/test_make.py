"""`make` finds a supported Python; otherwise one sentence names the required program."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from programs import captured

ROOT = Path(__file__).parents[2]
BROKEN, WORKING = "#!/bin/sh\nexit 127\n", "#!/bin/sh\nexit 0\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A directory for PATH with make and its tools, but without Python."""
    directory = tmp_path / "bin"
    directory.mkdir()
    for name in ("make", "sh", "find"):
        (directory / name).symlink_to(str(shutil.which(name)))
    return directory


def sets_up(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Make .venv/ready without running its commands, unless the Python is refused."""
    # `make test` runs this as well, and would pass its own flags on.
    kept = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    kept.pop("PYTHON_BASE", None)
    return captured(
        ["make", "--no-print-directory", "--always-make", *arguments, ".venv/ready"],
        cwd=ROOT,
        env={**kept, "PATH": str(path)},
    )


def add(path: Path, name: str, text: str) -> str:
    program = path / name
    program.write_text(text)
    program.chmod(0o755)
    return str(program)


def test_without_a_supported_python_one_sentence_names_what_to_install(path: Path) -> None:
    add(path, "python3.13", BROKEN)  # a shim of a version that is not installed
    done = sets_up(path)
    assert done.returncode != 0
    assert done.stderr.startswith("Python 3.11, 3.12 or 3.13 with venv is required (Debian: ")
    assert "PYTHON_BASE" in done.stderr


def test_an_unsupported_python_is_refused(path: Path) -> None:
    done = sets_up(path, f"PYTHON_BASE={add(path, 'python3.10', BROKEN)}")
    assert done.returncode != 0
    assert done.stderr.startswith("Python 3.11, 3.12 or 3.13 with venv is required")


def test_the_newest_supported_python_that_runs_is_taken(path: Path) -> None:
    add(path, "python3.13", BROKEN)
    add(path, "python3.12", WORKING)
    add(path, "python3", WORKING)
    assert "\npython3.12 -m venv " in sets_up(path, "--dry-run").stdout


def test_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    (phony,) = [line for line in makefile.splitlines() if line.startswith(".PHONY:")]
    printed = captured(["make", "--no-print-directory", "help"], cwd=ROOT, check=True).stdout
    assert {line.split()[0] for line in printed.splitlines()} == set(phony.split()[1:])
