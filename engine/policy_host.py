"""Run a policy pack in an engine without a Python language host.

Without one it starts `pulumi-analyzer-policy-python ENGINE_ADDRESS PACK_DIR` from PATH, in the
pack's directory, and reads the port that the pack prints. The official CLI has a language host and
ignores this.
"""

import os
import shlex
import sys
from pathlib import Path

PROGRAM = "pulumi-analyzer-policy-python"


def install(directory: Path) -> str:
    """Write the program into `directory`; returns the PATH on which the engine finds it."""
    program = directory / PROGRAM
    # The interpreter by its path: a `python3` on PATH may be a shim with another environment.
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$2" "$1"\n')
    program.chmod(0o755)
    return os.pathsep.join((str(directory), os.environ.get("PATH", os.defpath)))
