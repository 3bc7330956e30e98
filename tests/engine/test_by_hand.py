"""README's way by hand: plain `pulumi` commands, attached to an account that `serve` keeps up."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from emulator import engine, pulumi_cli

STACK = "staging"
HOST = engine.PROJECT_DIR / "tests" / "language_host.py"


def pulumi(
    *arguments: str, project: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["pulumi", "--non-interactive", *arguments],
        cwd=project,
        env={**os.environ, **environment, "PULUMI_SKIP_UPDATE_CHECK": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_plain_command_brings_the_same_program_up(tmp_path: Path) -> None:
    command = pulumi_cli.find_or_build(print, lambda _done, _total: None)
    # It writes the stack's encryption salt into the project, so it gets a copy.
    project = tmp_path / "project"
    ignored = shutil.ignore_patterns(".git", ".venv", "tests", ".*_cache")
    shutil.copytree(engine.PROJECT_DIR, project, ignore=ignored)
    hosts = tmp_path / "hosts"
    hosts.mkdir()
    host = hosts / "pulumi-language-python"
    host.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(HOST))} "$@"\n'
    )
    host.chmod(0o755)
    path = os.pathsep.join((str(hosts), str(Path(command.command).parent), os.environ["PATH"]))

    with engine.account_process(stack=STACK, speed=600) as account:
        environment = {**account, "PATH": path}
        for arguments in (
            ("stack", "select", "--create", STACK),
            ("up", "--yes", "--skip-preview"),
            ("preview", "--expect-no-changes"),
        ):
            done = pulumi(*arguments, project=project, environment=environment)
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "encryptionsalt" in (project / f"Pulumi.{STACK}.yaml").read_text()
