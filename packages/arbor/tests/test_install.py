"""The package alone: installed in an empty environment, and built as wheel and sdist."""

import os
import re
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import command_tree
from programs import captured

ROOT = Path(__file__).parents[3]
BUILD = "from setuptools import build_meta; print(build_meta.build_{kind}({directory!r}))"
WITHOUT_CREDENTIALS = {"AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
FOREIGN = ("pulumi", "pulumi_aws", "pulumi_moto", "moto", "pytest", "components")
"""Packages that an operator's machine lacks."""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package as in a clone: a build writes beside the sources."""
    for name in ("arbor_names", "docs"):
        shutil.copytree(ROOT / name, tmp_path / "clone" / name)
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "build", "tests")
    package = tmp_path / "clone/packages/arbor"
    shutil.copytree(ROOT / "packages/arbor", package, symlinks=True, ignore=ignored)
    return package


def run(*words: str | Path, cwd: Path, code: int = 0) -> str:
    """Run it with a region and without credentials; returns its output."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "PYTHON", "COV_"))
    }
    done = captured(
        [str(word) for word in words],
        cwd=cwd,
        env={**kept, "HOME": str(cwd), **WITHOUT_CREDENTIALS},
        timeout=900,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def names(package: Path, kind: str) -> list[str]:
    """The files in a distribution of the package, built with the lock's build backend."""
    directory = package.parent / kind
    directory.mkdir()
    build = BUILD.format(kind=kind, directory=str(directory))
    run(sys.executable, "-c", build, cwd=package)
    (built,) = directory.iterdir()
    if kind == "wheel":
        with zipfile.ZipFile(built) as wheel:
            return wheel.namelist()
    with tarfile.open(built) as sdist:
        assert not [one.name for one in sdist if one.issym()]
        return sdist.getnames()


def test_the_readme_lists_every_command() -> None:
    table = (ROOT / "packages/arbor/README.md").read_text().partition("| section | commands |")[2]
    assert set(command_tree.commands()) == set(re.findall(r"`([a-z-]+(?: [a-z-]+)?)`[,: ]", table))


def test_pip_install_in_an_empty_environment_gives_a_working_arbor(
    package: Path, tmp_path: Path
) -> None:
    environment = tmp_path / "environment"
    run(sys.executable, "-m", "venv", environment, cwd=tmp_path)
    python, arbor = environment / "bin/python", environment / "bin/arbor"
    run(python, "-m", "pip", "install", "--quiet", package, cwd=tmp_path)

    assert "rotate-password" in run(arbor, "--help", cwd=tmp_path)
    assert "Usage" in run(arbor, "database", "top-queries", "--help", cwd=tmp_path)
    (sentence,) = run(arbor, "status", "--stack", "production", cwd=tmp_path, code=1).splitlines()
    assert sentence.startswith("AWS: Unable to locate credentials. Sign in (`aws sso login`)")
    run(python, "-c", "import arbor_names.naming, redis, psycopg, tenacity", cwd=tmp_path)
    runbook = "from arbor.runbook.document import RUNBOOK; print(RUNBOOK.read_text())"
    assert "# Operations Runbooks" in run(python, "-c", runbook, cwd=tmp_path)
    for name in FOREIGN:
        assert "ModuleNotFoundError" in run(python, "-c", f"import {name}", cwd=tmp_path, code=1)


def test_the_names_import_without_the_commands_dependencies(package: Path, tmp_path: Path) -> None:
    target = tmp_path / "alone"
    arguments = ("--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target", target)
    run(sys.executable, "-m", "pip", "install", *arguments, package, cwd=tmp_path)
    # -S: this environment's packages are not importable.
    lines = f"import sys; sys.path.insert(0, {str(target)!r}); import arbor_names.naming as names"
    printed = run(sys.executable, "-S", "-c", f"{lines}; print(names.__file__)", cwd=tmp_path)
    assert printed.strip() == str(target / "arbor_names/naming.py")


@pytest.mark.parametrize(("kind", "prefix"), [("wheel", ""), ("sdist", "arbor-1.0.0/src/")])
def test_a_distribution_contains_the_names_and_the_runbook(
    package: Path, kind: str, prefix: str
) -> None:
    found = names(package, kind)
    every = {f"{prefix}arbor_names/{file.name}" for file in (ROOT / "arbor_names").glob("*.py")}
    assert every <= set(found)
    assert f"{prefix}arbor/runbook/runbook.md" in found
    assert f"{prefix}arbor/runbook/page.css" in found
    assert not [name for name in found if "pulumi" in name or "/tests/" in name]
