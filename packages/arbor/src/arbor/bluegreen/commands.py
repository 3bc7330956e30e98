"""bluegreen on the command line."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from arbor import screen
from arbor.account import Account, connect
from arbor.bluegreen import abort as abort_
from arbor.bluegreen import deployments, green_status, pause_answer, start, switch
from arbor.bluegreen.hooks import LONGEST_MINUTES, SHORTEST_MINUTES
from arbor.ecs import health
from arbor.ecs.services import command
from arbor.options import Json, Plan, Stack, WriteOptions, chosen, committed_services, writes
from arbor.procedure import Failed

if TYPE_CHECKING:
    from mypy_boto3_ecs.literals import DeploymentLifecycleHookActionType
    from rich.table import Table

app = typer.Typer()
group = typer.Typer(
    help="Deploy a version to the green host, test it there, then switch or abort.",
    no_args_is_help=True,
)
app.add_typer(group, name="bluegreen")


@group.command("start")
@writes
def start_command(
    version: Annotated[
        str, typer.Argument(help="The images' tag, such as v1.2.3 or a git SHA, or a digest.")
    ],
    *,
    service: Annotated[
        str | None,
        typer.Option(help="Only this service; default: all.", autocompletion=committed_services),
    ] = None,
    timeout_minutes: Annotated[
        int,
        typer.Option(
            help="Minutes to wait for switch or abort before ECS rolls back.",
            min=SHORTEST_MINUTES,
            max=LONGEST_MINUTES,
        ),
    ] = start.DEFAULT_MINUTES,
    stack: Stack = "production",
    write: WriteOptions,
) -> None:
    """Deploy a version to green.<domain> and pause before users get it.

    Run it again to keep waiting for the same deployment.
    """
    with screen.outcome():
        account = connect(stack)
        if service is not None:
            chosen(account, service)
        test, switched, aborted = (command(account, w) for w in ("test", "switch", "abort"))
        write.carry_out(
            account,
            f"{pause_answer.OURS}start {version}",
            lambda: start.plan(account, version, service, timeout_minutes),
            f"{version} is under test: check it with {test}, then shift production traffic with "
            f"{switched}, or roll it back with {aborted}.",
        )


@group.command("test")
def show(stack: Stack = "production", as_json: Json = False) -> None:
    """Check green.<domain> and the new revision's targets; exit 1 if any is unhealthy."""
    with screen.outcome():
        found = green_status.read(connect(stack), health.get)
        document = [{**asdict(one), "answer": one.answer.document()} for one in found]
        screen.answer(document, lambda: _table(found), as_json=as_json)
        if wrong := [f"{one.answer.address}: {one.wrong}." for one in found if one.wrong]:
            raise Failed(" ".join(wrong))


@group.command("switch")
@writes
def switch_command(
    stack: Stack = "production",
    no_url: Annotated[
        bool, typer.Option("--no-url", help="Skip the check of the green host.")
    ] = False,
    fewer: Annotated[
        bool,
        typer.Option("--fewer", help="Allow fewer healthy targets than tasks (at least one)."),
    ] = False,
    *,
    write: WriteOptions,
) -> None:
    """Shift production traffic to the tested version, and wait through its bake time."""
    opener = None if no_url else health.get
    with screen.outcome():
        account = connect(stack)
        _answer(
            account,
            "switch",
            write,
            lambda: switch.plan(account, opener, fewer=fewer),
            "CONTINUE",
            "The tested version has the production traffic.",
        )


@group.command()
@writes
def abort(
    stack: Stack = "production",
    *,
    write: WriteOptions,
) -> None:
    """Roll back the version under test; users keep the live version."""
    with screen.outcome():
        account = connect(stack)
        _answer(
            account,
            "abort",
            write,
            lambda: abort_.plan(account),
            "ROLLBACK",
            "No version is under test.",
        )


def _answer(
    account: Account,
    word: str,
    write: WriteOptions,
    plan: Callable[[], Plan],
    action: "DeploymentLifecycleHookActionType",
    done: str,
) -> None:
    """Execute the plan under the lock, or answer the pause of the command that has the lock."""
    what = f"{pause_answer.OURS}{word}"
    other = pause_answer.holder(account, what, write)
    if other is None:
        write.carry_out(account, what, plan, done)
        return

    def answer() -> Plan:
        answered = pause_answer.answer(deployments.read(account), action, other)
        if action == "CONTINUE":
            plan()  # raises Refused for the same obstacles
        return answered

    pause_answer.carry_out(
        write, answer, f"Answered. {other.sentence} reports the deployment's result."
    )


def _table(found: list[green_status.GreenStatus]) -> "Table":
    from rich.table import Table  # noqa: PLC0415 - slow, and --help is fast

    table = Table("", "Service", "Version", "Targets", "HTTP", "ms", "", box=None)
    for one in found:
        table.add_row(
            "NG" if one.wrong else "OK",
            one.service,
            one.version,
            f"{one.targets.healthy} of {one.targets.desired}" if one.targets else "",
            "-" if one.answer.status is None else str(one.answer.status),
            str(one.answer.milliseconds),
            f"waits until {one.until}" if one.under_test else "not under test: live",
        )
    return table
