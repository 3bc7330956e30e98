"""scale and resize on the command line."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from arbor import screen
from arbor.account import connect
from arbor.options import Service, Stack, WriteOptions, chosen, writes
from arbor.scale import count as counts
from arbor.scale import size as sizes
from arbor.scale import until as times
from arbor.words import counted

app = typer.Typer()


@app.command()
@writes
def scale(
    service: Service,
    count: Annotated[
        int,
        typer.Argument(metavar="COUNT", help="Tasks, from 1 to the service's ceiling.", min=1),
    ],
    stack: Stack = "production",
    until: Annotated[
        str | None,
        typer.Option(help="When the floor returns: at 18:00 (UTC), in 90m or in 2h."),
    ] = None,
    *,
    write: WriteOptions,
) -> None:
    """Set the number of tasks and the autoscaling floor to COUNT."""
    with screen.outcome():
        now = datetime.now(UTC)
        due = times.parse(until, now) if until is not None else None
        account = connect(stack)
        chosen(account, service)
        write.carry_out(
            account,
            f"scale {service} {count}",
            lambda: counts.plan(account, service, count, due, datetime.now(UTC)),
            f"{service} of {stack} serves with {counted(count, 'task')}.",
        )


@app.command()
@writes
def resize(
    service: Service,
    cpu: Annotated[int, typer.Option(help="CPU units of a task; 1024 are one vCPU.")],
    memory: Annotated[int, typer.Option(help="MiB of a task; Fargate has certain pairs only.")],
    stack: Stack = "production",
    *,
    write: WriteOptions,
) -> None:
    """Deploy the live revision with another task size."""
    size = sizes.Size(cpu=cpu, memory=memory)
    with screen.outcome():
        account = connect(stack)
        chosen(account, service)
        if sizes.is_live(account, service, size):
            typer.echo(f"The tasks of {service} have {size} already: nothing to do.")
            return
        write.carry_out(
            account,
            f"resize {service} to {size}",
            lambda: sizes.plan(account, service, size),
            f"The tasks of {service} in {stack} have {size}.",
        )
