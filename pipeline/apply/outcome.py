"""The outcome of an `apply`: changes made and half done, the lock's holder, the next commands.

The file is written when the engine starts and again after each resource, so that a job which is
killed leaves one as well: its result is then still `running`.
"""

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from pipeline import files
from pipeline.job import Job

RUNNING: Final = "running"
DONE: Final = "done"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"
REFUSED: Final = "refused"
STALE: Final = "stale"
EXIT_CODES: Final = {DONE: 0, FAILED: 1, CANCELLED: 1, RUNNING: 1, REFUSED: 3, STALE: 4}
"""Of `python -m pipeline apply`, by result. 2 is a wrong option."""
FREE: Final = ""
UNCHANGED: Final = "Nothing was changed"
"""Part of each sentence of pipeline/hazards/changes.py, so it is not repeated."""
PLAN_AGAIN: Final = "Run the workflow `up` on main: it makes a new plan, which needs approval."
UP_AGAIN: Final = "Fix the cause and run the workflow `up` again."
AFTER: Final = "Fix the cause and run the workflow `up` again: a new plan continues from here."


@dataclass(kw_only=True)
class Outcome:
    """The ending of one `apply`, or its progress."""

    stack: str
    result: str = RUNNING
    reasons: list[str] = field(default_factory=list)
    """The reasons for the ending, in sentences; empty when it is done."""
    done: list[str] = field(default_factory=list)
    """`updated firewall-acl`; a created resource with its physical id, for an import."""
    failed: list[str] = field(default_factory=list)
    """`update backend-service`: may be half done."""
    begun: list[str] = field(default_factory=list)
    """Operations that began and did not end while the report was written."""
    pending: list[str] = field(default_factory=list)
    """Operations that the state lists as pending: their result is unknown."""
    unread: str = ""
    """Why reading the state afterwards failed; empty when it succeeded."""
    lock: str = FREE
    """The holder of the stack's lock, in a sentence; empty when it is free."""
    next: list[str] = field(default_factory=list)
    """The next steps, in this order: commands in backquotes, else sentences."""
    job: Job = field(default_factory=Job)

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.result]

    @property
    def changed_anything(self) -> bool:
        return bool(self.done or self.failed or self.begun or self.pending)

    def write(self, file: Path) -> None:
        """Replace the file atomically: a killed job leaves the previous report."""
        files.write(file, json.dumps(dataclasses.asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, file: Path, stack: str = "") -> Self:
        """The report of a stack, or of any.

        Raises ValueError, with a sentence, for a file that no apply of the stack wrote.
        """
        data: Mapping[str, Any] = files.read_report(file, "apply")
        try:
            found = cls(**{**data, "job": Job(**data["job"])})
        except (KeyError, TypeError) as wrong:
            raise files.no_report(file, "apply") from wrong
        if str(found.result) not in EXIT_CODES:
            raise ValueError(
                f"{file} has the result {found.result}; allowed: {', '.join(EXIT_CODES)}."
            )
        if stack and found.stack != stack:
            raise ValueError(f"{file} is of {found.stack}, and --stack is {stack}.")
        return found

    def lines(self) -> Iterator[str]:
        """The report as text for a terminal and a job's log."""
        yield from self.reasons
        if self.result == DONE:
            yield f"{self.stack} matches the plan after {counted(len(self.done))}."
            return
        if self.result == RUNNING:
            yield f"The apply of {self.stack} was killed before it ended."
        if not self.changed_anything and not any(UNCHANGED in one for one in self.reasons):
            yield f"{self.stack} was not changed."
        if self.done:
            yield f"Done in {self.stack} before that ({counted(len(self.done))}):"
            yield from listed(self.done)
        for title, found in (
            ("Failed, possibly half done:", self.failed),
            ("Interrupted, possibly half done:", self.begun),
            ("Pending in the state, result unknown; check them in AWS:", self.pending),
        ):
            if found:
                yield title
                yield from listed(found)
        if self.unread:
            yield f"Reading the state afterwards failed: {self.unread}"
        if self.changed_anything or self.lock:
            yield self.lock or f"The lock of {self.stack} is free."
        if self.next:
            yield "Run in this order:"
            yield from listed(self.next)


def continues(outcome: Outcome) -> list[str]:
    """The commands that continue after an `apply`; docs/state.md has the reason for each.

    They are those of `operate`: without confirmation, the engine's own `cancel` deletes the lock of
    an active run, and its `refresh` removes a missing database from the state.
    """
    stack = outcome.stack
    found = []
    if outcome.lock:
        found.append(
            f"`python -m pipeline operate cancel --stack {stack}` once no run of {stack} is "
            "active: it deletes the lock (workflow `operate`: cancel)."
        )
    if outcome.pending or outcome.unread or outcome.begun:
        found.append(
            f"`python -m pipeline operate refresh --stack {stack}` after you checked each pending "
            "create in AWS: import one that exists instead (workflow `operate`: refresh)."
        )
    elif outcome.changed_anything:
        found.append(f"`pulumi preview --stack {stack} --refresh` shows the remaining changes.")
    return [*found, AFTER] if found else [AFTER]


def counted(changes: int) -> str:
    """`1 change`, `2 changes`."""
    return f"{changes} change{'' if changes == 1 else 's'}"


def listed(lines: Iterable[str]) -> Iterator[str]:
    """Each line as an item of a list."""
    return (f"- {line}" for line in lines)
