"""The account's process starts with the stack, and never outlives whoever started it."""

import os
import stat
from pathlib import Path

import pytest

from engine import emulation

STUBBORN = """#!/bin/sh
echo "export PULUMI_DEBUG_PROVIDERS='aws:1'"
echo "export PID='$$'"
echo "# up"
exec sleep 3600
"""


def stand_in(place: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of Python, whatever its arguments."""
    program = place / "python"
    program.write_text(script)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr("engine.emulation.sys.executable", str(program))


def test_an_account_that_does_not_end_when_asked_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, STUBBORN, monkeypatch)
    monkeypatch.setattr("engine.emulation.ENDING_SECONDS", 0.1)
    with emulation.account_process(stack="staging", speed=1) as printed:
        number = int(printed["PID"])
        os.kill(number, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_an_account_that_does_not_start_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, "#!/bin/sh\nexit 1\n", monkeypatch)
    with (
        pytest.raises(emulation.AccountFailedError, match="did not start"),
        emulation.account_process(stack="staging", speed=1),
    ):
        pytest.fail("it was taken for one that is up")
