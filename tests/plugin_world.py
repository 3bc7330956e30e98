"""A stand-in for AWS's session manager plugin, for a command in a task."""

import os
import sys
from pathlib import Path

import pytest

TEXT = """#!{python}
import os, select, sys
if sys.argv[1] == "--version":
    print("1.2.650.0")
    sys.exit()
with open({runs!r}, "a") as runs:
    runs.write("run\\n")
print("\\nStarting session with SessionId: ecs-execute-command-1")
if select.select([sys.stdin], [], [], 0)[0] and not os.read(0, 1):
    sys.exit("Cannot perform start session: EOF")
{does}
print("\\n\\nExiting session with sessionId: ecs-execute-command-1.\\n")
"""


def install(place: Path, patch: pytest.MonkeyPatch, does: str) -> Path:
    """Put it first on PATH; returns the file that has a line for each run of it."""
    program, runs = place / "session-manager-plugin", place / "runs"
    program.write_text(TEXT.format(python=sys.executable, runs=str(runs), does=does))
    program.chmod(0o755)
    patch.setenv("PATH", str(place), prepend=os.pathsep)
    runs.write_text("")
    return runs
