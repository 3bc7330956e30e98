"""One deployed stack of each kind for all tests of a worker, for bringing one up takes a while."""

from collections.abc import Iterator

# An `up` that fails leaves a coroutine to the garbage collector, and Python 3.11 breaks when that
# is collected while it parses. Its plugin would first load hypothesis, and parse it, at the end.
import hypothesis  # noqa: F401 - see above
import pytest

from config_changes import CONFIG_CHANGE
from engine_stack import Deployed, deployed


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that no worker is left with one of them at the end."""
    items.sort(key=lambda item: item.path.name != "test_faults.py")


@pytest.fixture(scope="session")
def pristine_production() -> Iterator[Deployed]:
    """Production as the engine leaves it. Nobody changes it; tests change copies."""
    with deployed("production") as stack:
        stack.up()
        yield stack


@pytest.fixture(scope="session")
def pristine_staging() -> Iterator[Deployed]:
    """Staging as the engine leaves it. Nobody changes it; tests change copies."""
    with deployed("staging") as stack:
        stack.up()
        yield stack


@pytest.fixture
def production(pristine_production: Deployed) -> Iterator[Deployed]:
    """Production, up; each test has its own."""
    with pristine_production.copy() as stack:
        yield stack


@pytest.fixture
def staging(pristine_staging: Deployed) -> Iterator[Deployed]:
    """Staging, up; each test has its own."""
    with pristine_staging.copy() as stack:
        yield stack


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the drill of faults tried, and how many changes of config were."""
    passed, failed = (terminalreporter.getreports(outcome) for outcome in ("passed", "failed"))
    for report in (*passed, *failed):
        for name, value in report.user_properties:
            if name == "told":
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
