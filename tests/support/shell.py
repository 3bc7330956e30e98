"""The lines of a document, run as a person types them: in a copy of the project, with `pulumi`."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import missing
from engine import policy_host, pulumi_cli, stack_file
from pulumi_moto import aws_shim

NO_AWS = pytest.mark.skipif(
    aws_shim.find_aws() is None, reason=missing.needs("the AWS CLI", "awscli")
)
HOST = stack_file.PROJECT_DIR / "tests" / "support" / "language_host.py"
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
NOT_COPIED = (".git", ".venv", "tests", ".*_cache", "node_modules")


def lines(page: str, heading: str) -> list[str]:
    """The command lines in a section of a page; a backslash continues a line."""
    text = (stack_file.PROJECT_DIR / page).read_text()
    _, _, after = text.partition(f"\n## {heading}")
    section = after.split("\n## ", 1)[0]
    found = "\n".join(textwrap.dedent(block) for block in BLOCK.findall(section))
    return [line for line in found.replace("\\\n", " ").splitlines() if line.strip()]


@dataclass(frozen=True, kw_only=True)
class Shell:
    """A shell in a copy of the project."""

    project: Path
    environment: Mapping[str, str]

    def run(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run one line; it must succeed."""
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.project,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout[-20000:]}\n{done.stderr[-3000:]}"
        return done


def shell(directory: Path, account: Mapping[str, str]) -> Shell:
    """A shell with `pulumi`, its language host, and only the account's environment.

    The CLI writes into the project and into its home, so both are below `directory`.
    """
    command = pulumi_cli.find_or_build(print, lambda _done, _total: None)
    project, programs = directory / "project", directory / "programs"
    shutil.copytree(stack_file.PROJECT_DIR, project, ignore=shutil.ignore_patterns(*NOT_COPIED))
    (project / ".venv").symlink_to(sys.prefix)
    programs.mkdir()
    host = programs / "pulumi-language-python"
    host.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(HOST))} "$@"\n'
    )
    host.chmod(0o755)
    policy_host.install(programs)
    aws_shim.install(programs, account["AWS_ENDPOINT_URL"])
    path = os.pathsep.join((str(programs), str(Path(command.command).parent), os.environ["PATH"]))
    own = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI")}
    environment = {
        **own,
        **account,
        "PATH": path,
        "PULUMI_HOME": str(directory / "home"),
        "PULUMI_SKIP_CONFIRMATIONS": "true",  # confirms every prompt
        "PULUMI_SKIP_UPDATE_CHECK": "1",
    }
    return Shell(project=project, environment=environment)
