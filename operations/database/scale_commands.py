"""database scale on the command line."""

from typing import Annotated

import typer

from operations import screen
from operations.account import connect
from operations.database import scale as scaling
from operations.database.connection import instance
from operations.options import DryRun, Every, Manner, Stack, TakeOver, Yes
from operations.procedure import EVERY_SECONDS

app = typer.Typer()


@app.command()
def scale(
    wanted: Annotated[
        str, typer.Argument(metavar="CLASS", help="The new class, such as db.t3.large.")
    ],
    stack: Stack = "production",
    dry_run: DryRun = False,
    yes: Yes = False,
    take_over: TakeOver = False,
    every: Every = EVERY_SECONDS,
) -> None:
    """Give the database another class at once: an outage of minutes."""
    manner = Manner(dry_run=dry_run, yes=yes, every=every, take_over=take_over)
    with screen.told():
        account = connect(stack)
        if scaling.is_there(instance(account), wanted):
            typer.echo(f"The database of {stack} is {wanted} already: nothing to do.")
            return
        manner.carry_out(
            account,
            f"database scale {wanted}",
            lambda: scaling.plan(account, wanted),
            f"The database of {stack} is {wanted}.",
        )
