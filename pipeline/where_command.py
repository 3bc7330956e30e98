"""`python -m pipeline where`: region, account, role, session and backend of a stack's job."""

import os
from typing import Annotated

import typer

from emulator import engine
from pipeline import where as place

USAGE = 2


def where(
    stack: Annotated[str, typer.Option(help="Which stack: production or staging.")],
    role: Annotated[
        str, typer.Option("--as", help=f"The job's role: {', '.join(place.ROLES)}.")
    ] = place.PREVIEW,
) -> None:
    """Print where a stack lies and as what a job works on it, as lines for $GITHUB_OUTPUT.

    Reads Pulumi.<stack>.yaml; PULUMI_BACKEND_URL, if it is set, takes the place of the stack's
    own backend. Exit code 2 for a wrong stack, role or config.
    """
    try:
        config = engine.stack_config(stack) if place.STACK.fullmatch(stack) else {}
        found = place.of_stack(stack, config, role, os.environ.get("PULUMI_BACKEND_URL", ""))
    except (engine.NoSuchStackError, place.NoPlaceError) as unknown:
        typer.echo(str(unknown), err=True)
        raise typer.Exit(USAGE) from unknown
    typer.echo(found.lines())
