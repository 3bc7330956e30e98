"""Whatever call of a command fails, and wherever it is killed, the next run of it puts all right.

A command is run once undisturbed on a copy of the account, and its AWS calls are noted by the place
in `arbor` that makes them. Then, for each place and each kind of fault, it is run on a fresh
copy with the fault there, and run again if it did not say that it was done. A read whose answer is
lost is repeated by botocore, and the command goes on: those of all reads are lost in one run.

In `make test` each call site meets one fault, another than its neighbours, so every kind of fault
occurs; a read that several commands share meets it in the first of them. In `make drill`, which
runs every night, each call site of each command meets all faults.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from typer.testing import CliRunner, Result

from arbor.__main__ import app
from fault_wire import STOP_READS, Copy, Fault, Killed, Place, Wire

EVERY = 1200.0
"""Seconds of the account between two looks of a command: few, for each is some calls."""
REFUSED = 3
GONE = 2**22 + 1
"""No process has this number: Linux gives none so high, and an ended one's is given again."""
LONG = 7200.0
"""Seconds of the account in which whatever was begun ends."""


WHOLE = "DRILL_WHOLE"
"""The environment variable with which every call meets every fault."""


def is_slow(case: "Case") -> bool:
    """Whether `make test` passes over it; `make drill` tries every case."""
    return case.slow and not os.environ.get(WHOLE)


def selected(kinds: Sequence[Fault], number: int) -> Sequence[Fault]:
    """The faults of these kinds that a command's call site of this number meets."""
    return kinds if os.environ.get(WHOLE) else (kinds[number % len(kinds)],)


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
    slow: bool = False
    """Drilled at night alone: its steps are those of other cases, put together."""

    @property
    def name(self) -> str:
        return " ".join(self.words)


@dataclass(frozen=True)
class Claims:
    """The reads that a command has been disturbed at, in one run of the tests by any worker."""

    file: Path

    def claim(self, places: Iterable[Place]) -> list[Place]:
        """The places whose call site is new; those are claimed for the caller."""
        if os.environ.get(WHOLE):
            return list(places)
        with FileLock(f"{self.file}.lock"):
            known = set(self.file.read_text().splitlines()) if self.file.exists() else set()
            new = {str(place): place for place in places if str(place) not in known}
            self.file.write_text("\n".join(known | new.keys()))
        return list(new.values())


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A case with a fault in it, and how it ended."""

    places: tuple[Place, ...]
    fault: Fault
    wrong: str = ""
    """What is not as after an undisturbed run; nothing when it converged."""
    waited: bool = False
    """Whether a run was refused until what was begun had ended."""

    def __str__(self) -> str:
        return f"{', '.join(map(str, self.places))} {self.fault.value}: {self.wrong or 'converged'}"


@dataclass(frozen=True, kw_only=True)
class Drill:
    """All faults of one case."""

    case: Case
    account: Copy
    """As the engine left it, and prepared."""
    wire: Wire
    claims: Claims

    def trials(self) -> Iterator[Trial]:
        with self._fresh() as copy:
            done, places = self._run(copy)
            assert done.exit_code == 0, done.output
            right = self._state(copy)
        reads = [place for place in sorted(set(places)) if place.is_read]
        writes = sorted(set(places) - set(reads))
        for kinds, sites in (
            (tuple(Fault), writes),
            (STOP_READS, self.claims.claim(reads)),
        ):
            for number, place in enumerate(sites):
                yield from (self._try(right, fault, place) for fault in selected(kinds, number))
        yield self._try(right, Fault.LOST, *reads)

    def _try(self, right: object, fault: Fault, *places: Place) -> Trial:
        waited = False
        with self._fresh() as copy:
            last, _ = self._run(copy, fault, *places)
            missed = sorted(self.wire.at)
            if last.exit_code != 0:
                last, _ = self._run(copy)
            if last.exit_code == REFUSED:
                # As an operator who reads it: what was begun is to end first.
                waited = True
                copy.control("clock", advance=LONG)
                last, _ = self._run(copy)
            said, found = last.output.strip(), self._state(copy)
        wrong = ""
        if missed:
            wrong = f"never came to {', '.join(map(str, missed))}"
        elif last.exit_code != 0:
            wrong = f"ended with {last.exit_code}: {said}"
        elif found != right:
            wrong = f"left {found} instead of {right}; said: {said}"
        return Trial(places=places, fault=fault, wrong=wrong, waited=waited)

    @contextmanager
    def _fresh(self) -> Iterator[Copy]:
        with self.account.fork() as copy:
            self.wire.effects.clear()
            yield copy

    def _run(
        self, copy: Copy, fault: Fault | None = None, *at: Place
    ) -> tuple[Result, list[Place]]:
        self.wire.copy = copy
        self.wire.disturb(fault, *at)
        words = [*self.case.words, "--yes", "--every", str(EVERY)]
        # A killed process is gone, as the next run on the same machine can see.
        number = os.getpid() if fault is None else GONE
        with pytest.MonkeyPatch.context() as patch, self.case.around(self.wire):
            patch.setattr("arbor.lock.os.getpid", lambda: number)
            result = _invoke(words)
        return result, self.wire.places

    def _state(self, copy: Copy) -> object:
        self.wire.copy = copy
        self.wire.disturb()
        with self.wire.aside():
            return self.case.state(self.wire)


def _invoke(words: list[str]) -> Result:
    runner = CliRunner()
    try:
        return runner.invoke(app, words, catch_exceptions=True)
    except Killed:
        return Result(runner, b"", b"", b"killed", None, 137, None)
