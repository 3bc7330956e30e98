"""The fault drill: after a failed call or a kill, the next run of the command completes it.

A command runs once undisturbed on a copy of the account, and its AWS calls are recorded by their
call site in `arbor`. Then, for each call site and each kind of fault, it runs on a fresh copy with
the fault there, and runs again if it did not succeed. botocore retries a read with a lost response,
and the command continues, so the responses of all reads are lost in one run.

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
"""Seconds of the account between two polls of a command: few polls, because each is some calls."""
REFUSED = 3
GONE = 2**22 + 1
"""A pid that no process has: Linux assigns none so high, and reuses those of ended processes."""
LONG = 7200.0
"""Seconds of the account in which every started operation ends."""


WHOLE = "DRILL_WHOLE"
"""The environment variable with which every call meets every fault."""


def is_slow(case: "Case") -> bool:
    """Whether `make test` skips it; `make drill` tries every case."""
    return case.slow and not os.environ.get(WHOLE)


def selected(kinds: Sequence[Fault], number: int) -> Sequence[Fault]:
    """The faults of these kinds for a command's call site of this number."""
    return kinds if os.environ.get(WHOLE) else (kinds[number % len(kinds)],)


def _no_surroundings(_: Wire) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, kw_only=True)
class Case:
    """A command that writes, and the result that must not depend on faults."""

    words: tuple[str, ...]
    state: Callable[[Wire], object]
    """The result, without ids and times that differ anyway."""
    prepare: Callable[[Wire], object] = lambda _: None
    """Creates prerequisites, such as an image."""
    surroundings: Callable[[Wire], AbstractContextManager[None]] = _no_surroundings
    """Replaces the surroundings of the command outside AWS, such as a login."""
    slow: bool = False
    """Drilled only in the slow tier: its steps are those of other cases."""

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
    """A case with a fault, and its result."""

    places: tuple[Place, ...]
    fault: Fault
    wrong: str = ""
    """The difference from an undisturbed run; empty if it converged."""
    waited: bool = False
    """Whether a run was refused until started operations had ended."""

    def __str__(self) -> str:
        return f"{', '.join(map(str, self.places))} {self.fault.value}: {self.wrong or 'converged'}"


@dataclass(frozen=True, kw_only=True)
class Drill:
    """All faults of one case."""

    case: Case
    account: Copy
    """The deployed account, prepared."""
    wire: Wire
    claims: Claims

    def trials(self) -> Iterator[Trial]:
        with self._fresh() as copy:
            done, places = self._run(copy)
            assert done.exit_code == 0, done.output
            right = self._state(copy)
        reads = [place for place in sorted(set(places)) if place.is_read]
        writes = sorted(set(places) - set(reads))
        for kinds, sites in ((tuple(Fault), writes), (STOP_READS, self.claims.claim(reads))):
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
                # Like an operator who reads the message: wait until started operations end.
                waited = True
                copy.control("clock", advance=LONG)
                last, _ = self._run(copy)
            printed, found = last.output.strip(), self._state(copy)
        wrong = ""
        if missed:
            wrong = f"never came to {', '.join(map(str, missed))}"
        elif last.exit_code != 0:
            wrong = f"ended with {last.exit_code}: {printed}"
        elif found != right:
            wrong = f"left {found} instead of {right}; printed: {printed}"
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
        # A killed process no longer exists, as the next run on the same machine can see.
        number = os.getpid() if fault is None else GONE
        with pytest.MonkeyPatch.context() as patch, self.case.surroundings(self.wire):
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
