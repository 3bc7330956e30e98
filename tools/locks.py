"""`python -m tools.locks`: resolve uv.lock, then export the files that pip installs from.

uv.lock is the one lock, with the hash of each file. pip can't read it, so each environment has an
export of its part: a machine needs only Python and pip, and a job with credentials installs its own
list (docs/decisions/locked-dependencies.md).
"""

import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
HEADER: Final = "# Exported from uv.lock by `make lock`: {purpose}.\n"
EXPORTS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "requirements.txt": ("what `pulumi up` needs", ()),
    "requirements-pipeline.lock": ("what a job with credentials runs", ("--group", "pipeline")),
    "requirements-dev.lock": ("the tests and the checks", ("--group", "dev")),
    "packages/arbor/requirements.lock": (
        "the operators' commands, and what builds them",
        ("--package", "arbor", "--group", "build"),
    ),
}
"""By file: its purpose and uv's selection."""


def uv(*arguments: str) -> str:
    """Run the environment's uv; returns its output. Raises CalledProcessError."""
    program = Path(sysconfig.get_path("scripts")) / "uv"
    command = [str(program), *arguments, "--project", str(ROOT), "--no-python-downloads", "--quiet"]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout  # noqa: S603 - our own arguments


def exported(name: str) -> str:
    """Return what the file should contain, from uv.lock alone and without the network."""
    purpose, selection = EXPORTS[name]
    return HEADER.format(purpose=purpose) + uv(
        *("export", "--frozen", "--offline", "--no-default-groups", *selection),
        *("--no-emit-workspace", "--no-annotate", "--no-header"),
    )


def main() -> int:
    """Write the lock and its exports; further arguments are uv's, such as `--upgrade`."""
    uv("lock", *sys.argv[1:])
    for name in EXPORTS:
        (ROOT / name).write_text(exported(name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
