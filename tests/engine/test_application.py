"""The stand-in application as production's tasks, and the commands of an incident as typed."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulator import aws_shim, engine
from engine_stack import Deployed
from serve.attached import Attached, attached, serves

DOMAIN = "https://arbor-energy.com"
PLANS = f"{DOMAIN}/api/v1/plans"


@dataclass(frozen=True, kw_only=True)
class Shell:
    """An operator's, with the lines that `make serve` prints."""

    stack: Deployed
    attached: Attached
    environment: Mapping[str, str]

    def run(self, line: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", line],
            env={**self.environment},
            cwd=engine.PROJECT_DIR,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def json(self, line: str, code: int = 0) -> Any:
        done = self.run(line)
        assert done.returncode == code, (line, done.stdout, done.stderr)
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def shell(
    pristine_production: Deployed, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shell]:
    """One copy of production for all tests here: its processes take seconds to start."""
    place: Path = tmp_path_factory.mktemp("application")
    for made in (place, *place.parents):
        if made.is_relative_to(tmp_path_factory.getbasetemp()):
            made.chmod(0o755)  # PostgreSQL reads in it as an account of its own
    with (
        pristine_production.copy() as stack,
        attached(stack.environment, "production", place) as application,
    ):
        programs = place / "bin"
        aws_shim.install(programs, stack.environment["AWS_ENDPOINT_URL"])
        environment = {
            **{k: v for k, v in application.environment.items() if "PULUMI" not in k},
            "PATH": f"{aws_shim.search_path(programs)}",
            "HOME": os.environ["HOME"],
            "COLUMNS": "200",
        }
        application.wait(serves)
        yield Shell(stack=stack, attached=application, environment=environment)


def xtest_it(shell: Shell) -> None:
    for line in ("arbor health", "arbor triage", "arbor status", f"curl -sS {PLANS} | head -c 300", "arbor logs backend", "arbor database connections", "arbor cache stats", "arbor database top-queries","arbor cache warm"):
        t=time.monotonic()
        done = shell.run(line)
        print("$", line, done.returncode, time.monotonic()-t)
        print(done.stdout, done.stderr)
    assert 0
