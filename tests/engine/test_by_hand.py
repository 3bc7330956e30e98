"""The README's plain `pulumi` commands, attached to an account of `serve`."""

from pathlib import Path

import shell
from engine import emulation


def test_the_plain_command_runs_the_same_program(tmp_path: Path) -> None:
    (typed,) = [line for line in shell.lines("README.md", "Every day") if "stack select" in line]
    with emulation.account_process(stack="staging", speed=600) as account:
        there = shell.shell(tmp_path, account)
        there.run(typed)
        there.run("pulumi preview --expect-no-changes")
    assert "encryptionsalt" in (there.project / "Pulumi.staging.yaml").read_text()
