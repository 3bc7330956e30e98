"""The commands of the group logs: one for each service, and export."""

import math
import re
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from arbor import screen, times
from arbor.account import connect
from arbor.logs import export as exports
from arbor.logs import since as sinces
from arbor.logs import slow_commands
from arbor.logs.query import LogQuery
from arbor.logs.reading import Follower, Search
from arbor.logs.rendering import printer
from arbor.logs.since import Since
from arbor.options import COMMITTED_SERVICES, Every, Stack, WriteOptions, chosen, writes
from arbor.procedure import Run, Step
from arbor_names import naming

POLL_SECONDS = 2.0
LINES = 1000
MAX_LINES = 100_000
LOGS = (*COMMITTED_SERVICES, naming.MIGRATIONS)
"""The commands that help and completion list; a stack may have further services."""
NAME = re.compile(r"[a-z][a-z0-9-]*")


class ServiceGroup(TyperGroup):
    """Has a command for each name of a service, as each stack has its own services."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - typer's own types
        found = super().get_command(ctx, cmd_name)
        if found is not None or not NAME.fullmatch(cmd_name):
            return found
        further = typer.Typer()
        _add(further, cmd_name)
        return typer.main.get_command(further)


app = typer.Typer()
app.add_typer(slow_commands.app)
group = typer.Typer(help="Show or export the application's logs.", cls=ServiceGroup)
app.add_typer(group, name="logs")


def _add(commands: typer.Typer, service: str) -> None:
    """Add the command of a service, or of migrations."""

    @commands.command(service, help=f"Show the log of {service}, the newest lines last, in UTC.")
    def logs(
        *,
        stack: Stack = "production",
        since: Since = "30m",
        follow: Annotated[
            bool, typer.Option("--follow", "-f", help="Show new lines until Ctrl-C.")
        ] = False,
        errors: Annotated[
            bool,
            typer.Option("--errors", help="Only errors: level ERROR or worse, or tracebacks."),
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
            typer.Option("--limit", help="Number of past lines, the newest.", min=1, max=MAX_LINES),
        ] = LINES,
        as_json: Annotated[
            bool, typer.Option("--json", help="One JSON document per line, for scripts.")
        ] = False,
        every: Every = POLL_SECONDS,
    ) -> None:
        query = LogQuery(errors=errors, customer=customer, slower_than=slower_than)
        now = sinces.now()
        start = sinces.start(since, now)
        try:
            query.pattern()
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
        show = printer(as_json=as_json)
        with screen.outcome():
            account = connect(stack)
            if service not in LOGS:
                chosen(account, service)
            name = naming.log_group(stack, service)
            sinces.warn_if_expired(account, name, start, now)
            search = Search(account=account, group=name, query=query)
            first = times.milliseconds(start)
            if follow:
                _follow(Follower(search=search, start=first, limit=limit, show=show), every)
                return
            lines, more = search.newest(first, limit)
            for line in lines:
                show(line)
        if more:
            screen.warn(
                f"Only the newest {limit} lines are shown. For others use a later --since or a "
                "higher --limit."
            )
        if not lines:
            matching = "" if query == LogQuery() else "matching "
            screen.warn(f"{name} has no {matching}line since {times.utc(start)}.")


def _follow(follower: Follower, every: float) -> None:
    """Show lines until Ctrl-C, which exits 0."""
    step = Step(
        action=f"following {follower.search.group}; press Ctrl-C to stop",
        took_effect=follower.poll,
        timeout=math.inf,
    )
    try:
        Run(say=screen.warn, every=every).execute([step])
    except KeyboardInterrupt:
        raise typer.Exit from None


for _log in LOGS:
    _add(group, _log)


def _log_names() -> list[str]:
    """For completion."""
    return list(LOGS)


@group.command()
@writes
def export(
    service: Annotated[
        str, typer.Argument(help="A service, or migrations.", autocompletion=_log_names)
    ],
    *,
    stack: Stack = "production",
    since: Since = "24h",
    until: Annotated[
        str | None, typer.Option(help="End, in the same forms as --since; by default now.")
    ] = None,
    write: WriteOptions,
) -> None:
    """Export a period of a log to the stack's bucket; a second run continues the first."""
    try:
        period = exports.period(since, until, sinces.now())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    with screen.outcome():
        account = connect(stack)
        if service not in LOGS:
            chosen(account, service)
        write.carry_out(
            account,
            f"logs export {service}",
            lambda: exports.plan(account, service, period),
            "Each object contains one log stream, compressed with gzip.",
        )
