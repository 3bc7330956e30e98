"""database scale on the command line."""

from typing import Annotated

import typer

from arbor import screen
from arbor.account import connect
from arbor.database import scale as scaling
from arbor.database.connection import instance
from arbor.options import Stack, WriteOptions, writes

app = typer.Typer()


@app.command()
@writes
def scale(
    wanted: Annotated[
        str, typer.Argument(metavar="CLASS", help="The new class, such as db.t3.large.")
    ],
    stack: Stack = "production",
    *,
    write: WriteOptions,
) -> None:
    """Give the database another class at once: an outage of minutes."""
    with screen.told():
        account = connect(stack)
        if scaling.is_there(instance(account), wanted):
            typer.echo(f"The database of {stack} is {wanted} already: nothing to do.")
            return
        write.carry_out(
            account,
            f"database scale {wanted}",
            lambda: scaling.plan(account, wanted),
            f"The database of {stack} is {wanted}.",
        )
