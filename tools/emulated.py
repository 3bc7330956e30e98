"""`python -m tools.emulated`: bring a stack up in an emulated AWS account, with the real engine."""

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from pulumi import automation
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from engine import emulation, pulumi_cli, stack_file
from engine.deployment import open_stack
from engine.summary import OnStep, Steps, show
from pulumi_moto import aws_shim
from pulumi_moto.__main__ import run_command
from pulumi_moto.__main__ import serve as serve_account

FAILED, USAGE, REFUSED, INTERRUPTED = 1, 2, 3, 130
SPEED = 60.0
"""A minute of the account passes in a second, so a bake time can be waited for."""

app = typer.Typer(
    help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
console = Console(stderr=True)
Stack = Annotated[str, typer.Option(help="The stack: production or staging.")]
Packs = Annotated[
    list[Path] | None,
    typer.Option(
        "--policy-pack",
        help="The directory of a policy pack that must pass; repeatable.",
        resolve_path=True,
    ),
]
Speed = Annotated[float, typer.Option(help="Seconds of the account's clock in one real second.")]


@app.command()
def up(stack: Stack = "production", policy_pack: Packs = None, speed: Speed = SPEED) -> None:
    """Deploy a stack: into the served account, or into a fresh one that ends with the command."""
    _operate(stack, speed, "up", fresh_account=True, packs=_packs(policy_pack))


@app.command()
def preview(stack: Stack = "production", policy_pack: Packs = None, speed: Speed = SPEED) -> None:
    """Show what `up` would do; makes no AWS call."""
    _operate(stack, speed, "preview", fresh_account=True, packs=_packs(policy_pack))


@app.command()
def refresh(stack: Stack = "production", speed: Speed = SPEED) -> None:
    """Read every resource of the served account's stack into its state."""
    _operate(stack, speed, "refresh", fresh_account=False)


@app.command()
def destroy(stack: Stack = "production", speed: Speed = SPEED) -> None:
    """Delete a stack from the served account; production refuses while it is protected."""
    _operate(stack, speed, "destroy", fresh_account=False)


@app.command()
def serve(stack: Stack = "production", speed: Speed = SPEED) -> None:
    """Run an account until Ctrl-C; print its environment as lines to eval."""
    config = _config(stack)
    serve_account(
        account_id=str(config["arbor:accountId"]), region=config["aws:region"], speed=speed
    )


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(context: typer.Context, stack: Stack = "production", speed: Speed = SPEED) -> None:
    """Deploy a stack into a fresh account, run COMMAND against it, tear everything down.

    Usage: python -m tools.emulated run --stack STACK -- COMMAND…
    """
    command = [*context.args]
    if not command:
        _end("COMMAND is missing: write it after `--`.", USAGE)
    _config(stack)
    cli = _cli()
    with (
        _interruptible(),
        emulation.account_process(stack=stack, speed=speed) as account,
        open_stack(stack=stack, account=account, command=cli) as deployed,
        tempfile.TemporaryDirectory(prefix="arbor-bin-") as shims,
    ):
        _deploy(deployed.up, f"{stack} is up in the emulated account")
        aws_shim.install(Path(shims), account["AWS_ENDPOINT_URL"])
        environment = {
            **os.environ,
            **account,
            "PATH": aws_shim.search_path(Path(shims)),
        }
        code = run_command(command, environment)
    raise typer.Exit(code)


def _packs(given: list[Path] | None) -> tuple[Path, ...]:
    packs = tuple(given or ())
    for pack in packs:
        if not (pack / "PulumiPolicy.yaml").is_file():
            _end(f"{pack} is not a policy pack: PulumiPolicy.yaml is missing.", USAGE)
    return packs


def _operate(
    stack: str, speed: float, what: str, *, fresh_account: bool, packs: tuple[Path, ...] = ()
) -> None:
    _config(stack)
    served = emulation.served_account()
    if served is None and not fresh_account:
        _end(
            f"{what} needs a served account with the stack: run `python -m tools.emulated serve`, "
            "eval the lines that it prints, and run `python -m tools.emulated up`.",
            REFUSED,
        )
    cli = _cli()
    with (
        _interruptible(),
        _account(served, stack, speed) as account,
        open_stack(stack=stack, account=account, command=cli, policy_packs=packs) as deployed,
    ):
        _deploy(getattr(deployed, what), f"{what} of {stack} in the emulated account")


@contextmanager
def _account(served: dict[str, str] | None, stack: str, speed: float) -> Iterator[dict[str, str]]:
    if served is not None:
        yield served
        return
    with emulation.account_process(stack=stack, speed=speed) as fresh:
        yield fresh


def _deploy(operation: Callable[..., Any], title: str) -> None:
    """Run one engine operation with progress, then print the summary."""
    started = time.monotonic()
    try:
        with OnStep(console) as on_step:
            steps = Steps(on_step)
            result = operation(on_event=steps.record)
    except automation.CommandError as failed:
        _end("\n".join(steps.reasons()) or str(failed), FAILED)
    for finding in steps.findings:
        console.print(finding, style="yellow", markup=False, highlight=False, soft_wrap=True)
    show(
        Console(),
        title=title,
        steps=steps,
        outputs=getattr(result, "outputs", {}),
        seconds=time.monotonic() - started,
    )


def _cli() -> automation.PulumiCommand:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        bar = bars.add_task("compiling", total=None, visible=False)
        try:
            return pulumi_cli.find_or_build(
                console.print,
                lambda done, total: bars.update(bar, completed=done, total=total, visible=True),
            )
        except pulumi_cli.NoPulumiError as missing:
            _end(str(missing), FAILED)


def _config(stack: str) -> dict[str, Any]:
    try:
        return stack_file.stack_config(stack)
    except stack_file.StackFileError as unknown:
        _end(str(unknown), USAGE)


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM tears down as Ctrl-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except emulation.AccountFailedError as failed:
        _end(str(failed), FAILED)
    except KeyboardInterrupt:
        _end("Interrupted; the emulated account is gone.", INTERRUPTED)
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(sentence: str, code: int) -> NoReturn:
    console.print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(code)


if __name__ == "__main__":
    app(prog_name="python -m tools.emulated")
