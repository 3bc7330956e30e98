"""The `aws` of `python -m pulumi_moto run` can't reach anything but the emulated account."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from programs import captured
from pulumi_moto import aws_shim

ENDPOINT = "http://127.0.0.1:1"


def fake_cli(directory: Path, version: str) -> Path:
    """Write an `aws` that prints its version, and otherwise its arguments."""
    directory.mkdir()
    cli = directory / "aws"
    cli.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "aws-cli/{version} x" && exit\necho "$@"\n'
    )
    cli.chmod(0o755)
    return cli


@pytest.fixture
def shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    old = fake_cli(tmp_path / "v1", "1.45.0")
    new = fake_cli(tmp_path / "v2", "99.9.19")
    monkeypatch.setenv("PATH", f"{old.parent}:{new.parent}:/usr/bin:/bin")
    directory = tmp_path / "shim"
    directory.mkdir()
    aws_shim.install(directory, ENDPOINT)
    return directory


def run(shim: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return captured(command, env={**os.environ, "PATH": aws_shim.search_path(shim)})


def test_each_call_goes_to_the_account_with_the_newest_cli(shim: Path) -> None:
    done = run(shim, "aws", "rds", "describe-db-instances", "--query", "a b")
    assert done.stdout == f"--endpoint-url {ENDPOINT} rds describe-db-instances --query a b\n"


@pytest.mark.parametrize("way_out", ["--endpoint-url", "--endpoint-url=https://example.com"])
def test_another_endpoint_is_refused(shim: Path, way_out: str) -> None:
    done = run(shim, "aws", "sts", "get-caller-identity", way_out)
    assert (done.returncode, done.stdout) == (252, "")
    assert "leave it out" in done.stderr


def test_the_shim_is_still_first_for_the_children_of_python3(shim: Path) -> None:
    code = "import subprocess; subprocess.run(['aws', 'x'])"
    done = run(shim, "python3", "-c", code)
    assert done.stdout == f"--endpoint-url {ENDPOINT} x\n"


def test_without_a_cli_the_error_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws_shim, "find_aws", lambda: None)
    aws_shim.install(tmp_path, ENDPOINT)
    done = captured([tmp_path / "aws", "s3", "ls"])
    assert done.returncode == 127
    assert "install version 2" in done.stderr


def test_this_python_comes_before_any_shim_of_python3(tmp_path: Path) -> None:
    first, second, *_ = aws_shim.search_path(tmp_path).split(os.pathsep)
    assert (first, second) == (str(tmp_path), str(Path(sys.executable).parent))
