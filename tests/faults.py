"""Whatever call of a command fails, and wherever it is killed, the next run of it puts all right.

A command is run once undisturbed on a copy of the account, and its AWS calls are noted by the place
in `operations` that makes them. Then, for each place and each kind of fault, it is run on a fresh
copy with the fault there, and run again if it did not say that it was done. Where the account was
written nothing but the lock, which was given back, it is as fresh as before: then the next run is
the undisturbed one, which needs no repeating.
"""

import functools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import pytest
from typer.testing import CliRunner, Result

from fault_wire import Copy, Fault, Killed, Place, Wire
from operations.__main__ import app

EVERY = 60.0
"""Seconds of the account between two looks of a command."""
REFUSED = 3
LONG = 7200.0
"""Seconds of the account in which whatever was begun ends."""


def _no_surroundings(_: Wire) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, kw_only=True)
class Case:
    """A command that writes, and what must be the same however often it was disturbed."""

    words: tuple[str, ...]
    state: Callable[[Wire], object]
    """What it changes, without ids and times that differ anyway."""
    prepare: Callable[[Wire], object] = lambda _: None
    """What must be there before, such as an image."""
    around: Callable[[Wire], AbstractContextManager[None]] = _no_surroundings
    """What stands in for the world beside AWS while the command runs, such as a login."""

    @property
    def name(self) -> str:
        return " ".join(self.words)

    @property
    def changes_more(self) -> bool:
        """Whether it may change what the account does not show."""
        return self.around is not _no_surroundings


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A case with one fault in it, and how it ended."""

    place: Place
    fault: Fault
    wrong: str = ""
    """What is not as after an undisturbed run; nothing when it converged."""
    waited: bool = False
    """Whether a run was refused until what was begun had ended."""
    untouched: bool = False
    """Whether the disturbed run had written nothing."""

    def __str__(self) -> str:
        return f"{self.place} {self.fault.value}: {self.wrong or 'converged'}"


@dataclass(frozen=True, kw_only=True)
class Drill:
    """All faults of one case."""

    case: Case
    account: Copy
    """As the engine left it, and prepared."""
    wire: Wire

    def trials(self) -> Iterator[Trial]:
        with self._fresh() as copy:
            done, places = self._run(copy)
            assert done.exit_code == 0, done.output
            right = self._state(copy)
        for place in sorted(set(places)):
            for fault in place.faults():
                yield self._try(place, fault, right)

    def _try(self, place: Place, fault: Fault, right: object) -> Trial:
        waited = False
        with self._fresh() as copy:
            last, _ = self._run(copy, fault, place)
            if last.exit_code != 0 and not self.case.changes_more and self.wire.wrote_nothing():
                return Trial(place=place, fault=fault, untouched=True)
            if last.exit_code != 0:
                last, _ = self._run(copy)
            if last.exit_code == REFUSED:
                # As an operator who reads it: what was begun is to end first.
                waited = True
                copy.control("clock", advance=LONG)
                last, _ = self._run(copy)
            said, found = last.output.strip(), self._state(copy)
        wrong = ""
        if last.exit_code != 0:
            wrong = f"ended with {last.exit_code}: {said}"
        elif found != right:
            wrong = f"left {found} instead of {right}; said: {said}"
        return Trial(place=place, fault=fault, wrong=wrong, waited=waited)

    @contextmanager
    def _fresh(self) -> Iterator[Copy]:
        with self.account.fork() as copy:
            self.wire.effects.clear()
            yield copy

    def _run(
        self, copy: Copy, fault: Fault | None = None, at: Place | None = None
    ) -> tuple[Result, list[Place]]:
        self.wire.copy = copy
        self.wire.disturb(fault, at)
        words = [*self.case.words, "--yes", "--every", str(EVERY)]
        with pytest.MonkeyPatch.context() as patch, self.case.around(self.wire):
            # A killed process is gone, as the next run on the same machine can see.
            patch.setattr("operations.lock.os.getpid", os.getpid if fault is None else _ended)
            result = _invoke(words)
        made = list(self.wire.places)
        self.wire.disturb(None, None)
        return result, made

    def _state(self, copy: Copy) -> object:
        self.wire.copy = copy
        self.wire.disturb(None, None)
        with self.wire.aside():
            return self.case.state(self.wire)


def _invoke(words: list[str]) -> Result:
    runner = CliRunner()
    try:
        return runner.invoke(app, words, catch_exceptions=True)
    except Killed:
        return Result(runner, b"", b"", b"killed", None, 137, None)


@functools.cache
def _ended() -> int:
    """The number of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid
