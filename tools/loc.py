"""`make loc`: lines of Python by room, code and tests apart."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]


def room_of(path: str) -> str:
    """The folder at the root, or the distribution below packages/; `.` for a file at the root."""
    parts = path.split("/")
    depth = 2 if parts[0] == "packages" else 1
    return "/".join(parts[:depth]) if len(parts) > 1 else "."


def is_test(path: str) -> bool:
    """Whether a file is a test or a test's support."""
    return "tests" in path.split("/")


def counted(root: Path) -> tuple[Counter[str], Counter[str]]:
    """Lines of code and of tests by room, of the files that git tracks; blank lines excluded."""
    listed = subprocess.run(
        ["git", "ls-files", "*.py"],  # noqa: S607 - the git on PATH
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    code: Counter[str] = Counter()
    tests: Counter[str] = Counter()
    for path in listed.stdout.splitlines():
        file = root / path
        if file.is_file():
            lines = sum(1 for line in file.read_text().splitlines() if line.strip())
            (tests if is_test(path) else code)[room_of(path)] += lines
    return code, tests


def table(code: Counter[str], tests: Counter[str]) -> str:
    """One line for each room, the largest first, and the sums."""
    rooms = sorted(code.keys() | tests.keys(), key=lambda room: -(code[room] + tests[room]))
    rows = [(room, code[room], tests[room]) for room in rooms]
    rows += [("all", code.total(), tests.total())]
    width = max(len(room) for room, _, _ in rows)
    head = f"{'room':{width}}  {'code':>7}  {'tests':>7}"
    lines = (f"{room:{width}}  {ours:7,}  {theirs:7,}" for room, ours, theirs in rows)
    return "\n".join([head, *lines])


if __name__ == "__main__":
    sys.stdout.write(f"{table(*counted(ROOT))}\n")
