"""`python -m pipeline adopt`: what an account has already, and what Pulumi can take over."""

from pathlib import Path
from typing import Annotated

import typer

from arbor import screen
from pipeline.adopt import import_file, pages
from pipeline.adopt.plan import NotTriedError, make
from pipeline.options import USAGE, Stack
from pipeline.stacks import in_aws

FAILED, REFUSED = 1, 3


def adopt(
    stack: Stack,
    write: Annotated[
        Path | None,
        typer.Option(help="Where the file for `pulumi import` goes.", resolve_path=True),
    ] = None,
) -> None:
    """Find what the account has under the stack's names, and write the file that imports it.

    It reads the account and changes nothing. Exit code 3 when something is in the way of `up`.
    """
    if write is not None and not write.parent.is_dir():
        screen.end(f"There is no directory {write.parent}; make it first.", USAGE)
    if write is not None and write.is_dir():
        screen.end(f"{write} is a directory; --write takes a file.", USAGE)
    with screen.told():
        try:
            with in_aws(stack) as opened:
                plan = make(opened)
        except NotTriedError as failed:
            screen.end(f"{failed}\nNothing was changed.", FAILED)
    if write is not None and plan.adopted:
        import_file.write(write, plan.content)
    typer.echo(pages.render(plan, write))
    raise typer.Exit(REFUSED if plan.in_the_way else 0)
