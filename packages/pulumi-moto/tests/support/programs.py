"""Programs that a test runs to their end."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def captured(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 300,
    check: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run a command and return its exit code and its outputs as text."""
    return subprocess.run(
        command, cwd=cwd, env=env, timeout=timeout, check=check, capture_output=True, text=True
    )
