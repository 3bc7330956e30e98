"""`python -m pipeline adopt`: existing resources that Pulumi can import."""

from pathlib import Path
from typing import Annotated

import typer

from arbor import screen
from pipeline import files
from pipeline.adopt import import_file, pages
from pipeline.adopt.plan import NotTriedError, make
from pipeline.options import USAGE, Stack
from pipeline.stacks import in_aws

FAILED, REFUSED = 1, 3


def adopt(
    stack: Stack,
    write: Annotated[
        Path | None,
        typer.Option(help="The file to write for `pulumi import`.", resolve_path=True),
    ] = None,
) -> None:
    """Find resources with the stack's names in the account, and write the file to import them.

    Read-only in AWS. Exit code 3 if a resource blocks `up`.
    """
    if sentence := files.refusal([write]):
        screen.end(sentence, USAGE)
    with screen.outcome():
        try:
            with in_aws(stack) as opened:
                plan = make(opened)
        except NotTriedError as failed:
            screen.end(f"{failed}\nNothing was changed.", FAILED)
    if write is not None and plan.adopted:
        import_file.write(write, plan.content)
    typer.echo(pages.render(plan, write))
    raise typer.Exit(REFUSED if plan.blocking else 0)
