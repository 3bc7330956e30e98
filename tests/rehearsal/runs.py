"""A run of a workflow, its jobs and its event; and the conditions of jobs and steps."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from engine import stack_file
from rehearsal.expressions import STATUS, evaluate, truth
from rehearsal.tokens import Identity

GITHUB = stack_file.PROJECT_DIR / ".github"
SUCCESS, FAILURE, SKIPPED, CANCELLED, WAITING = (
    *("success", "failure", "skipped", "cancelled"),
    "waiting",
)
Command = Callable[[list[str], Mapping[str, str], "Job"], tuple[int, str]]
"""Words and environment; returns the exit code and the output."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """The event that starts a run."""

    name: str
    ref: str = "refs/heads/main"
    sha: str = ""
    """Empty: main's commit at the start of the run."""
    inputs: dict[str, Any] = field(default_factory=dict)
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True)
class Job:
    """One job, and its actions."""

    name: str
    """Path below the run, such as `staging/plan`; with the matrix's value `look (staging)`."""
    permissions: dict[str, str]
    identity: Identity
    environment: str = ""
    line: dict[str, Any] = field(default_factory=dict)
    """The job's `concurrency` group."""
    result: str = SUCCESS
    outputs: dict[str, Any] = field(default_factory=dict)
    commit: str = ""
    """The commit that it checked out."""
    role: str = ""
    """The ARN of the role that it assumed."""
    seconds: int = 0
    commands: list[list[str]] = field(default_factory=list)
    failed: str = ""
    """The failed step."""


@dataclass(kw_only=True)
class Run:
    """One run of a workflow, and its jobs in the order in which they ended."""

    workflow: str
    event: Event
    number: int
    jobs: list[Job] = field(default_factory=list)
    approvals: list[str] = field(default_factory=list)
    """Environments whose approval was requested, in order."""
    artifacts: dict[str, Path] = field(default_factory=dict)
    cancelled: bool = False

    def __getitem__(self, name: str) -> Job:
        (found,) = (job for job in self.jobs if job.name == name)
        return found

    @property
    def result(self) -> str:
        results = {job.result for job in self.jobs}
        return next((one for one in (WAITING, CANCELLED, FAILURE) if one in results), SUCCESS)

    def results(self) -> dict[str, str]:
        return {job.name: job.result for job in self.jobs}


def read(file: str) -> dict[Any, Any]:
    """A workflow by its file's name; YAML reads the key `on` as true."""
    return read_file(GITHUB / "workflows" / file)


@functools.cache
def read_file(file: Path) -> dict[Any, Any]:
    """Read once, because nothing changes a node."""
    found: dict[Any, Any] = yaml.safe_load(file.read_text())
    return found


def goes_on(condition: str | None, contexts: dict[str, Any], before: list[str], run: Run) -> bool:
    """Evaluate an `if`; without a status function, everything before must have succeeded.

    https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#status-check-functions
    """
    success = all(result == SUCCESS for result in before) and not run.cancelled
    functions = {
        "success": lambda: success,
        "failure": lambda: FAILURE in before,
        "cancelled": lambda: run.cancelled,
        "always": lambda: True,
    }
    text = str(condition if condition is not None else "success()").removeprefix("${{")
    value = truth(evaluate(text.removesuffix("}}"), contexts, functions))
    return value and (success or STATUS.search(text) is not None)
