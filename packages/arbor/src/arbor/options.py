"""The options that commands share, and the execution of a command that writes."""

import functools
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

import typer

from arbor import lock, screen
from arbor.account import Account
from arbor.ecs import services
from arbor.procedure import EVERY_SECONDS, Run

COMMITTED_SERVICES = ("backend", "frontend")
"""The services of the committed stacks, for completion, which makes no AWS call."""
MORE_STACKS = "ARBOR_STACKS"
"""The variable with further stacks, comma-separated, such as a move's (docs/runbook.md)."""


def stacks() -> list[str]:
    """The values of `--stack`: a wrong one is refused before any AWS call."""
    more = os.environ.get(MORE_STACKS, "").split(",")
    return ["production", "staging", *(name.strip() for name in more if name.strip())]


def stack_name(given: str) -> str:
    """Raises typer.BadParameter for an unknown stack."""
    if given not in stacks():
        known = ", ".join(f"'{name}'" for name in stacks())
        raise typer.BadParameter(
            f"'{given}' is not one of {known}. To use another stack, list it in {MORE_STACKS}."
        )
    return given


StackName = str
Stack = Annotated[
    StackName,
    typer.Option(
        "--stack",
        help="production, staging, or a stack that ARBOR_STACKS lists.",
        callback=stack_name,
        autocompletion=stacks,
    ),
]


def committed_services() -> list[str]:
    """For completion."""
    return list(COMMITTED_SERVICES)


def chosen(account: Account, app: str | None) -> tuple[str, ...]:
    """One service of the stack, or all of them in release order.

    Raises typer.BadParameter for a service that isn't in the stack, and Refused if it has none.
    """
    found = services.described(account)
    if not found:
        raise services.none(account, app)
    if app is None:
        return tuple(found)
    if app not in found:
        allowed = ", ".join(f"'{name}'" for name in found)
        raise typer.BadParameter(
            f"'{app}' is not a service of {account.stack}; allowed: {allowed}."
        )
    return (app,)


Service = Annotated[
    str, typer.Argument(help="A service of the stack.", autocompletion=committed_services)
]
OneOrAll = Annotated[
    str | None,
    typer.Argument(
        help="A service of the stack; default: all.",
        autocompletion=committed_services,
        show_default=False,
    ),
]
Images = Annotated[
    list[str] | None,
    typer.Option(
        "--image",
        metavar="SERVICE=VERSION",
        help="Version of one service, if it differs; repeatable.",
        show_default=False,
    ),
]
Frontend = Annotated[
    str | None,
    typer.Option("--frontend", help="The same as --image frontend=VERSION.", show_default=False),
]


def versions(images: list[str] | None, frontend: str | None) -> dict[str, str]:
    """The versions of single services, by service. Raises typer.BadParameter."""
    given = [*(images or []), *([f"frontend={frontend}"] if frontend is not None else [])]
    found: dict[str, str] = {}
    for text in given:
        app, _, version = text.partition("=")
        if not (app and version):
            raise typer.BadParameter(
                f"'{text}' is not SERVICE=VERSION, such as backend=v1.2.3.", param_hint="--image"
            )
        if found.setdefault(app, version) != version:
            raise typer.BadParameter(
                f"{app} has two versions, {found[app]} and {version}; name one.",
                param_hint="--image",
            )
    return found


DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the steps without executing them.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Skip the confirmation; for scripts.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Every = Annotated[float, typer.Option("--every", help="Seconds between two checks.", min=0.001)]
TakeOver = Annotated[
    bool,
    typer.Option("--take-over", help="Take the lock of a command that no longer runs."),
]


class Plan(Protocol):
    """A procedure that was checked and not started."""

    def execute(self, run: Run) -> None:
        """Execute it, or print it in a dry run. Raises Failed."""


@dataclass(frozen=True, kw_only=True)
class WriteOptions:
    """The options of every command that writes."""

    dry_run: bool
    yes: bool
    every: float = EVERY_SECONDS
    take_over: bool = False

    def carry_out(self, account: Account, what: str, plan: Callable[[], Plan], done: str) -> None:
        """Print the plan, confirm, and execute it under the lock; `what` is the lock's command.

        `plan` is called to print it, and again under the lock. Prints `done` at the end. Raises
        Refused and Failed.
        """
        if self.dry_run or not self.yes:
            plan().execute(Run(say=typer.echo, dry_run=True))
        if self.dry_run:
            return
        screen.confirm(yes=self.yes)
        with lock.held(account, what, take_over=self.take_over):
            planned = plan()
            with screen.progress() as say:
                planned.execute(Run(say=say, every=self.every))
                say(done)


def writes(command: Callable[..., None]) -> Callable[..., None]:
    """Decorate a command with the options of `WriteOptions`, passed as its parameter `write`.

    typer reads options from the signature, so the signature gets them.
    """
    own = inspect.signature(command).parameters
    kept = [parameter for name, parameter in own.items() if name != WRITE]

    @functools.wraps(command)
    def with_options(**given: Any) -> None:  # noqa: ANN401 - the command's own parameters
        write = WriteOptions(**{one.name: given.pop(one.name) for one in OPTIONS})
        command(**given, write=write)

    with_options.__dict__["__signature__"] = inspect.Signature([*kept, *OPTIONS])
    with_options.__annotations__ = {one.name: one.annotation for one in (*kept, *OPTIONS)}
    return with_options


WRITE = "write"
OPTIONS = tuple(
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=option)
    for name, default, option in (
        ("dry_run", False, DryRun),
        ("yes", False, Yes),
        ("take_over", False, TakeOver),
        ("every", EVERY_SECONDS, Every),
    )
)
"""The fields of `WriteOptions` as parameters."""
