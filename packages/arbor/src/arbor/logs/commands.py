"""The group `logs` on the command line: a command for each service, and export."""

import math
from typing import Annotated, Literal

import typer

from arbor import screen, times
from arbor.account import APPS, connect
from arbor.logs import export as exports
from arbor.logs import since as sinces
from arbor.logs import slow_commands
from arbor.logs.printing import printer
from arbor.logs.reading import Following, Search
from arbor.logs.since import Since
from arbor.logs.wanted import Wanted
from arbor.options import Every, Stack, WriteOptions, writes
from arbor.procedure import Run, Step
from arbor_names import naming

LogName = Literal["backend", "frontend", "migrations"]
FOLLOWING_SECONDS = 2.0
SHOWN = 1000
MOST = 100_000

app = typer.Typer()
app.add_typer(slow_commands.app)
group = typer.Typer(help="What the application logged, on the screen or exported.")
app.add_typer(group, name="logs")


def _search(app_name: str) -> None:
    """Give a service its command: `app_name` is known when it is made, the rest is typed."""

    @group.command(
        app_name, help=f"What {app_name} logged, the newest lines last; times are in UTC."
    )
    def logs(
        *,
        stack: Stack = "production",
        since: Since = "30m",
        follow: Annotated[
            bool, typer.Option("--follow", "-f", help="Go on with what comes; ctrl-c ends it.")
        ] = False,
        errors: Annotated[
            bool,
            typer.Option("--errors", help="Only what is of level ERROR or worse, or says so."),
        ] = False,
        customer: Annotated[
            str | None, typer.Option("--customer", help="Only lines of this customer_id.")
        ] = None,
        slower_than: Annotated[
            int | None,
            typer.Option("--slower-than", help="Only lines with a longer duration (ms).", min=0),
        ] = None,
        limit: Annotated[
            int,
            typer.Option("--limit", help="So many lines of the past, the newest.", min=1, max=MOST),
        ] = SHOWN,
        as_json: Annotated[
            bool, typer.Option("--json", help="A JSON document a line, for scripts.")
        ] = False,
        every: Every = FOLLOWING_SECONDS,
    ) -> None:
        wanted = Wanted(errors=errors, customer=customer, slower_than=slower_than)
        now = sinces.now()
        start = sinces.begin(since, now)
        try:
            wanted.pattern()
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
        show = printer(as_json=as_json)
        with screen.told():
            account = connect(stack)
            name = naming.log_group(stack, app_name)
            sinces.warn_if_gone(account, name, start, now)
            search = Search(account=account, group=name, wanted=wanted)
            first = times.milliseconds(start)
            if follow:
                _follow(Following(search=search, start=first, limit=limit, show=show), every)
                return
            lines, more = search.newest(first, limit)
            for line in lines:
                show(line)
        if more:
            screen.warn(
                f"Only the newest {limit} lines; a later --since, or --limit, shows others."
            )
        if not lines:
            such = "" if wanted == Wanted() else "such "
            screen.warn(f"{name} has no {such}line since {times.utc(start)}.")


def _follow(following: Following, every: float) -> None:
    """Until somebody stops it, which is how it ends well."""
    step = Step(
        says=f"following {following.search.group}; ctrl-c ends it",
        took_effect=following.look,
        timeout=math.inf,
    )
    try:
        Run(say=screen.warn, every=every).execute([step])
    except KeyboardInterrupt:
        raise typer.Exit from None


for _app in (*APPS, naming.MIGRATIONS):
    _search(_app)


@group.command()
@writes
def export(
    service: Annotated[LogName, typer.Argument(help="Whose log.")],
    *,
    stack: Stack = "production",
    since: Since = "24h",
    until: Annotated[
        str | None, typer.Option(help="To when, in the same words; now if not given.")
    ] = None,
    write: WriteOptions,
) -> None:
    """Write a period of a log to the stack's bucket; run again, it goes on with what it began."""
    try:
        wanted = exports.of(since, until, sinces.now())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    with screen.told():
        account = connect(stack)
        write.carry_out(
            account,
            f"logs export {service}",
            lambda: exports.plan(account, service, wanted),
            "Each of its objects is one log stream, compressed with gzip.",
        )
