"""`python -m pipeline newest`, `again`, `supersede`: find stale plans and plan again."""

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
    report: Annotated[Path, typer.Option(help="The report of a stale plan.", resolve_path=True)],
) -> None:
    """Check that the plan is of main's newest commit; exit code 4 if it is stale.

    Commits without effect on a stack (documents, tests) leave the plan valid. `again` starts a new
    plan for a stale one.
    """
    if sentence := files.refusal([report]):
        _refuse(sentence)
    job = runs.of_this_job()
    head = job.newest()
    if job.keeps(commit, head):
        typer.echo(f"The plan of {commit} is current: main has no newer change for {stack}.")
        return
    message = (
        f"The plan is of {commit}, and main is at {head}. Nothing was changed. {stack} needs a new "
        "plan: the workflow `up` starts it by itself; start any other workflow again."
    )
    written = {
        "stack": stack,
        "result": runs.STALE,
        "reasons": [message],
        "job": {"commit": commit},
    }
    files.write(report, json.dumps(written, indent=1) + "\n")
    typer.echo(message, err=True)
    raise typer.Exit(STALE)


def again(
    stack: Stack,
    report: Annotated[
        Path, typer.Option(help="The report of `apply` or `newest`.", resolve_path=True)
    ],
    asked: Annotated[str, typer.Option(help="The stacks of this run: both or one.")] = "both",
    allow: Annotated[str, typer.Option(help="The value of `allow` of this run.")] = "nothing",
    count: Annotated[
        int, typer.Option(help="The number of stale plans before this run.", min=0)
    ] = 0,
) -> None:
    """Start `up` again if the report is of a stale plan, unless a later run plans main."""
    for option, value, allowed in (
        ("--asked", asked, runs.ASKABLE),
        ("--allow", allow, (changes.NOTHING, *changes.ALLOWABLE)),
    ):
        if value not in allowed:
            _refuse(f"{option} is {value}; allowed: {', '.join(allowed)}.")
    if not report.exists():
        typer.echo(f"{stack} has no report: no apply began, so no new plan is needed.")
        return
    try:
        result = Outcome.read(report, stack).result
    except ValueError as wrong:
        _refuse(str(wrong))
    if result != runs.STALE:
        typer.echo(f"The apply of {stack} ended as {result}; no new plan is needed.")
        return
    # With staging, what follows it is planned again as well; production alone is enough.
    stacks = stack if stack == runs.LAST else asked
    job = runs.of_this_job()
    if later := job.planning(job.newest(), stacks):
        typer.echo(f"The plan of {stack} is stale, and {later} plans main's newest commit.")
        return
    if count >= runs.MOST_TIMES:
        typer.echo(
            f"{count} plans of {stack} in a row were stale: find what changes the stack "
            "(`arbor status`, the runs of `release` and `operate`), then run the workflow `up`.",
            err=True,
        )
        raise typer.Exit(FAILED)
    job.start({"stack": stacks, "allow": allow, "again": str(count + 1)})
    typer.echo(f"The plan of {stack} is stale; a new run of the workflow `up` plans it again.")


def supersede(stack: Stack) -> None:
    """Cancel earlier runs of `up` that wait for this stack's approval: this run plans all of it."""
    job = runs.of_this_job()
    older = job.older_that_wait(stack)
    for run in older:
        job.cancel(run["id"])
        typer.echo(
            f"Cancelled {run['html_url']}, which waited for the approval of {stack}: this run's "
            "plan contains its changes. Its --allow values are not carried over."
        )
    if not older:
        typer.echo(f"0 earlier runs wait for the approval of {stack}.")


def _refuse(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(USAGE)
