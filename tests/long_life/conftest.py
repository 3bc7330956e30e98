"""The options of the soak, and the summary line of the steps."""

import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--minutes", default="10", help="How long soak.py runs.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give the soak one lane for each worker."""
    if "lane" in metafunc.fixturenames:
        workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
        metafunc.parametrize("lane", range(workers))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Add up the sequences of all workers."""
    sequences = steps = failures = 0
    for report in [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]:
        for name, value in report.user_properties:
            if name == "long life":
                sequences, steps = sequences + value[0], steps + value[1]
                failures += value[2]
    if sequences:
        terminalreporter.write_line(
            f"long life: {sequences} sequences, {steps} steps, {failures} failures"
        )
