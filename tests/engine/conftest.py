"""A stack for each test, and the lines that count the trials."""

from collections.abc import Iterator

import pytest

from config_changes import CONFIG_CHANGE
from engine_stack import Deployed


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests first, so that no worker is left with one at the end."""
    items.sort(key=lambda item: item.path.name != "test_faults.py")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run without groups: a version of pytest-xdist may ignore them without a word."""
    grouped = [item for item in session.items if item.get_closest_marker("xdist_group")]
    if session.config.getoption("loadgroup", default=False) and any(
        "@" not in item.nodeid for item in grouped
    ):
        raise pytest.UsageError("pytest-xdist ignores xdist_group with this pytest: see pyproject")


@pytest.fixture
def production(pristine_production: Deployed) -> Iterator[Deployed]:
    """Production, up; a copy for each test."""
    with pristine_production.copy() as stack:
        yield stack


@pytest.fixture
def staging(pristine_staging: Deployed) -> Iterator[Deployed]:
    """Staging, up; a copy for each test."""
    with pristine_staging.copy() as stack:
        yield stack


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many faults the drill tried, and how many changes of config were made."""
    passed, failed = (terminalreporter.getreports(outcome) for outcome in ("passed", "failed"))
    for report in (*passed, *failed):
        for name, value in report.user_properties:
            if name == "drill_summary":
                terminalreporter.write_line(str(value))
    made, broken = (_config_changes(reports) for reports in (passed, failed))
    if tried := made | broken:
        terminalreporter.write_line(
            f"config changes: tried {len(tried)}, passed {len(made - broken)}"
        )


def _config_changes(reports: list[pytest.TestReport]) -> set[str]:
    return {
        str(value)
        for report in reports
        for name, value in report.user_properties
        if name == CONFIG_CHANGE
    }
