"""The outcome of an apply on the pull request, as deployment status and in a chat."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from pipeline import github
from pipeline.apply import chat
from pipeline.apply.outcome import (
    CANCELLED,
    DONE,
    FAILED,
    REFUSED,
    RUNNING,
    STALE,
    UP_AGAIN,
    Outcome,
    continues,
    counted,
)
from pipeline.job import Job
from pipeline.report.markdown import block, cell, code, details, prose, table

MARKER: Final = "arbor apply"
VERDICTS: Final = {
    DONE: "applied",
    FAILED: "failed midway",
    CANCELLED: "cancelled",
    RUNNING: "killed before it ended",
    REFUSED: "refused, no change made",
    STALE: "the approved plan is stale, no change made",
}
LONGEST_SENTENCE: Final = 1000
"""Characters; a longer reason is a block of its own, and so is one of several lines."""
LONGEST_REASON: Final = 5000
MOST_LISTED: Final = 100
SKIPPED: Final = "skipped"
"""The outcome of a step after one that failed.
https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#steps-context"""
STEPS: Final = ("", "success", "failure", "cancelled", SKIPPED)
"""Each outcome of a step; empty if the job recorded none."""


def read(stack: str, file: Path, step: str = "") -> Outcome:
    """The outcome in a file; a failure if the file is missing.

    `step` is the outcome of the job's step that applies, one of STEPS: if it was skipped,
    nothing was changed.

    Raises ValueError for a file that is not a report of an apply or is of another stack.
    """
    if not file.exists() and step == SKIPPED:
        why = (
            f"The apply of {stack} did not start: an earlier step failed, or the job was "
            "cancelled. Nothing was changed."
        )
        return Outcome(stack=stack, result=REFUSED, reasons=[why], next=[UP_AGAIN], job=Job.now())
    if not file.exists():
        missing = Outcome(
            stack=stack,
            result=FAILED,
            reasons=["The apply left no report: the runner was lost, or an earlier step failed."],
            unread="the report is missing.",
            lock=f"The holder of the lock of {stack} is unknown.",
            job=Job.now(),
        )
        missing.next = continues(missing)
        return missing
    return Outcome.read(file, stack)


def verdict(outcome: Outcome) -> str:
    """The result in a few words."""
    if outcome.result == FAILED and not outcome.changed_anything:
        return "failed, changes unknown"
    return VERDICTS[outcome.result]


def render(outcome: Outcome) -> str:
    """The outcome as Markdown, the next commands first."""
    return "\n".join(_lines(outcome))


def _lines(outcome: Outcome) -> Iterator[str]:
    half_done = len(outcome.failed) + len(outcome.begun) + len(outcome.pending)
    yield from table(
        ("stack", "apply", "done", "half done"),
        [
            (
                prose(outcome.stack),
                f"**{verdict(outcome)}**",
                str(len(outcome.done)),
                str(half_done),
            )
        ],
        left=2,
    )
    for reason in outcome.reasons:
        if len(reason) <= LONGEST_SENTENCE and "\n" not in reason:
            yield prose(reason) if not reason.startswith("- ") else f"- {prose(reason[2:])}"
            yield ""
        else:
            yield from (*block(reason[:LONGEST_REASON]), "")
    if outcome.lock or outcome.changed_anything:
        yield from (prose(outcome.lock or f"The lock of {outcome.stack} is free."), "")
    if outcome.next and outcome.result != DONE:
        yield from ("### Run in this order", "")
        yield from (f"{number}. {prose(one)}" for number, one in enumerate(outcome.next, 1))
        yield ""
    for title, found in (
        ("Failed, possibly half done", outcome.failed),
        ("Interrupted, possibly half done", outcome.begun),
        ("Pending in the state, result unknown", outcome.pending),
    ):
        if found:
            yield from (f"### {title}", "", *_listed(found), "")
    if outcome.unread:
        yield from (f"Reading the state afterwards failed: {prose(outcome.unread)}", "")
    if outcome.done:
        yield from details(f"{len(outcome.done)} done", _listed(outcome.done))
    job = outcome.job
    commit = [f"commit {code(job.commit[:12])}"] if job.commit else []
    run = [f"[run]({job.run})"] if job.run else []
    yield f"<sub>{' · '.join([*commit, *run, job.at])}</sub>"


def _listed(found: list[str]) -> Iterator[str]:
    yield from (f"- {cell(one)}" for one in found[:MOST_LISTED])
    if len(found) > MOST_LISTED:
        yield f"- and {len(found) - MOST_LISTED} more; the job's log lists all"


def post(outcome: Outcome, repository: github.Repository, say: Callable[[str], None]) -> bool:
    """Post to all three, even if one fails; returns whether all were posted."""
    commit = outcome.job.commit or os.environ.get("GITHUB_SHA", "")
    ways: tuple[Callable[[], str], ...] = (
        lambda: _comment(outcome, repository, commit),
        lambda: _status(outcome, repository, commit),
        lambda: _chat(outcome),
    )
    posted = True
    for way in ways:
        try:
            say(way())
        except (github.GitHubError, chat.ChatError) as failed:
            say(str(failed))
            posted = False
    return posted


def _comment(outcome: Outcome, repository: github.Repository, commit: str) -> str:
    number = repository.merged_pull_request(commit)
    if number is None:
        return f"No comment: {commit[:12]} did not come from a merged pull request."
    return repository.keep_comment(number, f"{MARKER} {outcome.stack}", render(outcome))


def _status(outcome: Outcome, repository: github.Repository, commit: str) -> str:
    return repository.set_deployment(
        github.DeploymentStatus(
            commit=commit,
            environment=outcome.stack,
            succeeded=outcome.result == DONE,
            description=f"{verdict(outcome)}; {counted(len(outcome.done))}",
            log=outcome.job.run,
        )
    )


def _chat(outcome: Outcome) -> str:
    if outcome.result == DONE:
        return "No chat message: the apply is done."
    lines = [f"{outcome.stack}: {verdict(outcome)}", *outcome.reasons[:3], *outcome.next]
    sent = chat.send("\n".join([*lines, outcome.job.run]))
    return "Sent to the chat." if sent else f"{chat.VARIABLE} is not set: no chat message."
