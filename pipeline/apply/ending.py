"""The end of an apply, and its report, which exists from the first change on."""

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from pulumi import automation

from pipeline.apply.failures import leave_the_plan, message, sentences
from pipeline.apply.interruption import CancelledError, EngineCommand, Interruption
from pipeline.apply.outcome import (
    CANCELLED,
    DONE,
    FAILED,
    PLAN_AGAIN,
    REFUSED,
    STALE,
    Outcome,
    continues,
)
from pipeline.apply.progress import Progress
from pipeline.job import Job
from pipeline.report.report import name_of
from pipeline.stacks import Opened

Say = Callable[[str], None]
LOCK_STAYS: Final = "there was a problem deleting the lock"
"""https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/lock.go"""
LOCKED: Final = ("the stack is currently locked by", "Another update is currently in progress")
"""The messages of both kinds of backend, as in the SDK's automation/errors.py."""


class NotYetError(Exception):
    """The apply ends before the engine changes anything."""

    def __init__(self, result: str, reasons: list[str]) -> None:
        super().__init__("\n".join(reasons))
        self.result, self.reasons = result, reasons


class Reporter:
    """Writes the report with the progress of the apply."""

    def __init__(self, outcome: Outcome, file: Path | None, say: Say) -> None:
        self.outcome, self._file, self._say = outcome, file, say
        self.progress = Progress(say, self.update)
        self.engine: EngineCommand | None = None
        self.acted: list[str] = []
        """Steps done before the engine started."""
        self.doing = "The apply"
        self._lock = threading.RLock()  # the engine's events come in a thread of their own

    @property
    def has_begun(self) -> bool:
        """Whether AWS may have been changed."""
        engine = self.engine
        began = engine is not None and (engine.is_running("up") or "up" in engine.codes)
        return began or bool(self.acted)

    def signalled(self, name: str) -> None:
        """Record a signal at once: the job may be killed seconds later."""
        with suppress(RuntimeError):  # printing is not reentrant
            self._say(
                f"{name}: the engine finishes its current operations; a second signal stops it now."
            )
        self.outcome.reasons = [f"The apply of {self.outcome.stack} was cancelled ({name})."]
        self.update()

    def update(self) -> None:
        """Write the progress; a killed job leaves the last such report."""
        if self.engine is not None and self.engine.is_running("up"):
            self.outcome.lock = (
                f"The engine held the lock of {self.outcome.stack} at the time of this report."
            )
        self.take_over()
        self.outcome.next = continues(self.outcome)
        self.keep()

    def end(self, result: str, *reasons: str) -> None:
        """Set the result, and reset lock and next commands."""
        self.outcome.result, self.outcome.reasons = result, list(reasons)
        self.outcome.lock, self.outcome.next, self.outcome.job = "", [], Job.now()
        self.take_over()

    def take_over(self) -> None:
        self.outcome.done = self.progress.done
        self.outcome.failed = self.progress.failed
        self.outcome.begun = self.progress.begun

    def keep(self) -> None:
        """Write the report; a full disk does not stop the engine."""
        if self._file is None:
            return
        try:
            with self._lock:
                self.outcome.write(self._file)
        except OSError as error:
            self._say(f"The report could not be written: {error}")


def conclude(
    ended: BaseException, opened: Opened, reporter: Reporter, interruption: Interruption
) -> None:
    """Complete the outcome. Raises nothing: the report is all that remains of the run."""
    engine, outcome = reporter.engine, reporter.outcome
    assert engine is not None
    reporter.end(FAILED)
    if engine.codes.get("up") == 0:
        # What the Automation API reads after an `up`, outputs and history, can fail as well.
        reporter.end(DONE, f"The outputs could not be read afterwards: {message(ended)}")
        return
    outcome.lock = _lock(engine, ended, outcome.stack)
    outcome.result, reasons = _why(ended, reporter, was_cancelled=bool(interruption.count))
    outcome.reasons = [*reasons, *(f"Before that: {line}." for line in reporter.acted)]
    if engine.is_running("up"):
        outcome.unread = "the engine is still running."
    elif "up" in engine.codes:
        try:
            outcome.pending = _pending(opened.stack)
            # A terminated engine may save the state before an operation, and without it as pending.
            pending = {one.partition(" ")[2] for one in outcome.pending}
            outcome.begun = [b for b in outcome.begun if b.partition(" ")[2] not in pending]
        except (CancelledError, Exception) as unread:  # noqa: BLE001 - no credentials, no network
            outcome.unread = message(unread)
    if (
        outcome.result == FAILED
        and not outcome.changed_anything
        and _leaves_the_plan(ended, reporter)
    ):
        outcome.result = STALE
    if outcome.result == STALE:
        outcome.next = [PLAN_AGAIN]
    elif outcome.result != REFUSED or outcome.lock:
        outcome.next = continues(outcome)


def _why(ended: BaseException, reporter: Reporter, *, was_cancelled: bool) -> tuple[str, list[str]]:
    """The result, and the reasons in sentences."""
    outcome, progress = reporter.outcome, reporter.progress
    if was_cancelled:
        return CANCELLED, [f"The apply of {outcome.stack} was cancelled."]
    if isinstance(ended, NotYetError):
        return ended.result, ended.reasons
    seen = sentences([*progress.violations, *progress.errors])
    reasons = seen or sentences([f"{reporter.doing} failed: {message(ended)}"])
    refused = any(mark in str(ended) for mark in LOCKED) or progress.violations
    if not reporter.has_begun or (refused and not outcome.changed_anything):
        return REFUSED, reasons
    return FAILED, reasons


def _leaves_the_plan(ended: BaseException, reporter: Reporter) -> bool:
    return bool(leave_the_plan(reporter.progress.errors or [message(ended)]))


def _lock(engine: EngineCommand, ended: BaseException, stack: str) -> str:
    """The holder of the lock, as far as it is known without credentials."""
    if engine.is_running("up"):
        return f"The engine is still running and holds the lock of {stack}."
    if engine.codes.get("up", 0) < 0:
        return f"The engine was killed, so the lock of {stack} is still held."
    if LOCK_STAYS in str(ended):
        return f"The engine failed to delete the lock of {stack}, so it is still held."
    if any(mark in str(ended) for mark in LOCKED):
        return f"Another run holds the lock of {stack}."
    return ""


def _pending(stack: automation.Stack) -> list[str]:
    exported = stack.export_stack().deployment or {}
    return [
        f"{operation['type']} {name_of(operation['resource']['urn'])}"
        for operation in exported.get("pending_operations") or ()
    ]
