"""The command database scale."""

from typing import Annotated

import typer

from arbor import screen
from arbor.account import connect
from arbor.database import instance
from arbor.database import scale as scaling
from arbor.options import Stack, WriteOptions, writes

app = typer.Typer()


@app.command()
@writes
def scale(
    wanted: Annotated[
        str, typer.Argument(metavar="CLASS", help="New instance class, such as db.t3.large.")
    ],
    stack: Stack = "production",
    *,
    write: WriteOptions,
) -> None:
    """Change the instance class of the database at once, with minutes of downtime."""
    with screen.outcome():
        account = connect(stack)
        if scaling.is_done(instance.read(account), wanted):
            typer.echo(f"The database of {stack} is already {wanted}: nothing to do.")
            return
        write.carry_out(
            account,
            f"database scale {wanted}",
            lambda: scaling.plan(account, wanted),
            f"The database of {stack} is {wanted}.",
        )
