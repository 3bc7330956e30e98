"""Commands and `up`s with a fault half way."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from pulumi.automation import CommandError
from typer.testing import CliRunner, Result

from arbor.__main__ import app
from engine_stack import Deployed, checkpoints
from fault_wire import Fault, Killed, Place, Wire
from faults import EVERY, GONE

KILLED, THROTTLED = "killed", "throttled"
LONGEST = 120.0


class AtWrite(set[Place]):
    """Replaces a fault's place: the n-th write, whatever it is."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.left = number

    def __contains__(self, place: object) -> bool:
        if isinstance(place, Place) and not place.is_read:
            self.left -= 1
        return self.left == 0 and isinstance(place, Place) and not place.is_read


def arbor(wire: Wire, words: tuple[str, ...], fault: Fault | None = None, at: int = 0) -> Result:
    """Run a command in this process; a killed one ends with 137."""
    wire.disturb(fault)
    if fault is not None:
        wire.at = AtWrite(at)
    number = os.getpid() if fault is None else GONE
    runner = CliRunner()
    with pytest.MonkeyPatch.context() as patch:
        # A killed process no longer exists, as the next run on the same machine can see.
        patch.setattr("arbor.lock.os.getpid", lambda: number)
        try:
            return runner.invoke(app, [*words, "--yes", "--every", str(EVERY)])
        except Killed:
            return Result(runner, b"", b"", b"killed", None, 137, None)
        finally:
            wire.disturb()


def up(stack: Deployed, how: str, at: int) -> None:
    """Run an `up` with a fault at its n-th write, if it makes so many.

    A killed one is followed by `pulumi cancel`, which deletes the state's lock.
    """
    stack.trouble("hangs" if how == KILLED else "throttled", at)
    ending = threading.Thread(target=_end_when_it_hangs, args=[stack]) if how == KILLED else None
    if ending is not None:
        ending.start()
    try:
        with checkpoints():
            stack.deployment.up()
    except CommandError:
        pass
    finally:
        met = stack.trouble(None, 0)
        if ending is not None:
            ending.join()
    if how == KILLED and met:
        stack.deployment.stack.cancel()


def _end_when_it_hangs(stack: Deployed) -> None:
    """Kill the command when a write of it hangs; return when it ended by itself."""
    ends = time.monotonic() + LONGEST
    seen = False
    while time.monotonic() < ends:
        running = _engine()
        seen = seen or running is not None
        if seen and running is None:
            return
        if running is not None and stack.met():
            os.kill(running, signal.SIGKILL)
            return
        time.sleep(0.05)


def _engine() -> int | None:
    """The process of a `pulumi up` of this test."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((place / "stat").read_text().rsplit(")", 1)[1].split()[1])
            words = (place / "cmdline").read_bytes().split(b"\0")
        except (OSError, IndexError):
            continue
        if parent == os.getpid() and words[0].endswith(b"pulumi") and b"up" in words:
            return int(place.name)
    return None
