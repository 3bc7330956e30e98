"""`python -m pipeline where`: region, account, role, session and backend of a stack's job."""

import os
from typing import Annotated

import typer

from engine import stack_file
from pipeline import job_target
from pipeline.options import USAGE, Stack


def where(
    stack: Stack,
    role: Annotated[
        str, typer.Option("--as", help=f"The job's role: {', '.join(job_target.ROLES)}.")
    ] = job_target.PREVIEW,
) -> None:
    """Print region, account, role and backend of a stack's job as lines for $GITHUB_OUTPUT.

    Reads Pulumi.<stack>.yaml; PULUMI_BACKEND_URL, if set, replaces the stack's own backend.
    Exit code 2 for a wrong stack, role or config.
    """
    try:
        found = job_target.of_stack(
            stack, stack_file.stack_config(stack), role, os.environ.get("PULUMI_BACKEND_URL", "")
        )
    except job_target.JobTargetError as wrong:
        typer.echo(str(wrong), err=True)
        raise typer.Exit(USAGE) from wrong
    typer.echo(found.lines())
