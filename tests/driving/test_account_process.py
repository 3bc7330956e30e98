"""The account's process starts for a stack and ends with its parent process."""

import importlib.util
import os
import stat
import sys
from pathlib import Path

import pytest

from engine import emulation
from programs import captured

STUBBORN = """#!/bin/sh
echo "export PULUMI_DEBUG_PROVIDERS='aws:1'"
echo "export PID='$$'"
echo "# up"
exec sleep 3600
"""


def stand_in(directory: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replaces Python, with any arguments."""
    program = directory / "python"
    program.write_text(script)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr("engine.emulation.sys.executable", str(program))


def test_an_account_that_ignores_the_end_of_its_input_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, STUBBORN, monkeypatch)
    monkeypatch.setattr("engine.emulation.ENDING_SECONDS", 0.1)
    with emulation.account_process(stack="staging", speed=1) as printed:
        number = int(printed["PID"])
        os.kill(number, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_an_account_that_does_not_start_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, "#!/bin/sh\nexit 1\n", monkeypatch)
    with (
        pytest.raises(emulation.AccountFailedError, match="did not start"),
        emulation.account_process(stack="staging", speed=1),
    ):
        pytest.fail("the account counts as started")


WITHOUT_THE_ACCOUNT = """
import importlib.util, sys

find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: (
    None if name == "pulumi_moto" else find_spec(name, *rest)
)
sys.modules["pulumi_moto"] = None  # an import of it fails
import pipeline.stacks
from pipeline.__main__ import main

pipeline.stacks._command = lambda: None
sys.argv[1:] = ["preview", "--stack", "staging", "--emulated", "--report", sys.argv[1]]
main()
"""


def test_without_the_emulated_account_the_install_command_is_printed(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    done = captured(
        [sys.executable, "-c", WITHOUT_THE_ACCOUNT, str(report)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 1, done.stderr
    sentence = emulation.NOT_INSTALLED.format(python=sys.executable)
    assert sentence in done.stdout
    assert done.stderr == ""


def test_the_named_distribution_is_in_the_repository() -> None:
    assert importlib.util.find_spec(emulation.MODULE)
    words = emulation.NOT_INSTALLED.partition("pip install ")[2]
    assert (Path(__file__).parents[2] / words.partition("`")[0] / "pyproject.toml").is_file()
