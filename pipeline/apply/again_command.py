"""`python -m pipeline newest`, `again`, `supersede`: a stale plan is made and asked for again."""

import json
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pipeline import files
from pipeline.apply import again as runs
from pipeline.apply.outcome import Outcome
from pipeline.hazards import changes
from pipeline.options import USAGE, Stack

FAILED, STALE = 1, 4


def newest(
    stack: Stack,
    commit: Annotated[str, typer.Option(help="The commit that was planned.")],
    report: Annotated[
        Path, typer.Option(help="Where it goes that the plan is stale.", resolve_path=True)
    ],
) -> None:
    """Refuse a plan of a commit that is no longer main's; exit code 4, and `again` plans anew.

    Later commits without effect on a stack (documents, tests) keep the plan.
    """
    if sentence := files.refusal([report]):
        _refuse(sentence)
    job = runs.of_this_job()
    head = job.newest()
    if job.keeps(commit, head):
        typer.echo(f"The plan is of {commit}, and main has nothing newer for {stack}.")
        return
    said = (
        f"The plan is of {commit}, and main is at {head}. Nothing was changed; {stack} must be "
        "planned again from main. The workflow `up` does so by itself; start another one again."
    )
    written = {"stack": stack, "result": runs.STALE, "reasons": [said], "job": {"commit": commit}}
    files.write(report, json.dumps(written, indent=1) + "\n")
    typer.echo(said, err=True)
    raise typer.Exit(STALE)


def again(
    stack: Stack,
    report: Annotated[
        Path, typer.Option(help="What `apply` or `newest` wrote.", resolve_path=True)
    ],
    asked: Annotated[
        str, typer.Option(help="The stacks that the run was started for: both or one.")
    ] = "both",
    allow: Annotated[str, typer.Option(help="What the run was allowed.")] = "nothing",
    count: Annotated[int, typer.Option(help="How many stale plans led to this run.", min=0)] = 0,
) -> None:
    """Start `up` again if the report is of a stale plan, unless a later run plans main."""
    for option, value, allowed in (
        ("--asked", asked, runs.ASKABLE),
        ("--allow", allow, (changes.NOTHING, *changes.ALLOWABLE)),
    ):
        if value not in allowed:
            _refuse(f"{option} is {value}; allowed: {', '.join(allowed)}.")
    if not report.exists():
        typer.echo(f"{stack} has no report: no apply began, so there is nothing to plan again.")
        return
    try:
        result = Outcome.read(report, stack).result
    except ValueError as wrong:
        _refuse(str(wrong))
    if result != runs.STALE:
        typer.echo(f"The apply of {stack} ended as {result}; there is nothing to plan again.")
        return
    # With staging, what follows it is planned again as well; production alone is enough.
    stacks = stack if stack == runs.LAST else asked
    job = runs.of_this_job()
    if later := job.planning(job.newest(), stacks):
        typer.echo(f"The plan of {stack} is stale, and {later} plans main's newest commit.")
        return
    if count >= runs.MOST_TIMES:
        typer.echo(
            f"{count} plans of {stack} went stale one after the other: find what changes it "
            "(`arbor status`, the runs of `release` and `operate`), then run the workflow `up`.",
            err=True,
        )
        raise typer.Exit(FAILED)
    job.start({"stack": stacks, "allow": allow, "again": str(count + 1)})
    typer.echo(f"The plan of {stack} is stale; the workflow `up` was started and plans it again.")


def supersede(stack: Stack) -> None:
    """Cancel earlier runs of `up` that wait for this stack's approval: this run plans all of it."""
    job = runs.of_this_job()
    older = job.older_that_wait(stack)
    for run in older:
        job.cancel(run["id"])
        typer.echo(
            f"{run['html_url']} waited for the approval of {stack} and is cancelled: this run's "
            "plan holds its changes. What it was allowed (--allow) is not carried over."
        )
    if not older:
        typer.echo(f"No earlier run waits for the approval of {stack}.")


def _refuse(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(USAGE)
