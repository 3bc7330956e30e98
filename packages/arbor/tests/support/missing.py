"""Lists the tests that were skipped because a program is missing, and the command to install it.

A skip's reason is `needs(...)`. A conftest.py imports `pytest_terminal_summary`, which ends a run
with the list. `make test` makes several runs: each adds to the file that SKIPPED names, and `python
missing.py FILE` prints them as one.
"""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

FILE: Final = "SKIPPED"
"""The variable with the file that collects the reasons of several runs, one per line."""
REASON: Final = re.compile(r"needs (?P<program>.+) \(Debian: apt-get install (?P<package>\S+)\)")
LISTED: Final = pytest.StashKey[bool]()


def needs(program: str, package: str) -> str:
    """The reason of a skip: the program and its Debian package."""
    return f"needs {program} (Debian: apt-get install {package})"


def summary(reasons: Mapping[str, int]) -> Iterator[str]:
    """The lines for these numbers of skipped tests by reason; none without a skip."""
    if not reasons:
        return
    yield f"Skipped on this machine: {_tests(sum(reasons.values()))}."
    for reason, count in sorted(reasons.items()):
        yield f"  {_tests(count)}: {reason.partition(' (Debian')[0]}"
    found = (REASON.match(reason) for reason in reasons)
    if packages := sorted({match["package"] for match in found if match}):
        yield f"To run them (Debian): apt-get install --yes {' '.join(packages)}"


def _tests(count: int) -> str:
    return "1 test" if count == 1 else f"{count} tests"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the skipped tests once, however many conftest.py import this."""
    config = terminalreporter.config
    if hasattr(config, "workerinput") or config.stash.get(LISTED, False):
        return  # xdist's workers report to the process that started them
    config.stash[LISTED] = True
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
    )
    for line in summary(reasons):
        terminalreporter.write_line(line)
    if file := os.environ.get(FILE):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        with Path(file).open("a") as collected:
            collected.writelines(f"{reason}\n" for reason in reasons.elements())


def main(file: Path) -> None:
    """Print the summary of all runs that added to `file`, and delete it."""
    lines = file.read_text().splitlines() if file.exists() else []
    sys.stdout.writelines(f"{line}\n" for line in summary(Counter(lines)))
    file.unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
