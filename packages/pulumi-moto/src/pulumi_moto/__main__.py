"""`python -m pulumi_moto`: an emulated AWS account for the real Pulumi engine.

A Pulumi program in any language runs against it with the environment that `serve` prints.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from pulumi_moto import aws_shim
from pulumi_moto.environment import client_environment, moto_environment

USAGE, NOT_FOUND = 2, 127
PASSPHRASE = "emulated"  # noqa: S105 - encrypts the state of an emulated account
ENDING_SECONDS = 10.0
"""Grace period of a command after Ctrl-C, before it is killed."""
app = typer.Typer(
    help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
AccountId = Annotated[str, typer.Option(help="Account id: 12 digits.")]
Region = Annotated[str, typer.Option(help="Region of the clients.")]
Speed = Annotated[
    float,
    typer.Option(min=0, help="Seconds on the account's clock per real second; 0 stops the clock."),
]


@app.command()
def serve(
    account_id: AccountId = "123456789012",
    region: Region = "us-east-1",
    speed: Speed = 60.0,
    until_input_closes: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Serve an account until Ctrl-C; print its environment as lines to eval."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    if until_input_closes:

        def wait_for_the_end() -> None:
            sys.stdin.read()
            ended.set()

        threading.Thread(target=wait_for_the_end, daemon=True).start()
    with serving(account_id=account_id, region=region, speed=speed) as environment:
        for name, value in environment.items():
            typer.echo(f"export {name}='{value}'")
        typer.echo(f"# Account ready at {environment['AWS_ENDPOINT_URL']}; press Ctrl-C to end it.")
        ended.wait()


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(
    context: typer.Context,
    account_id: AccountId = "123456789012",
    region: Region = "us-east-1",
    speed: Speed = 60.0,
) -> None:
    """Run COMMAND against a new account and exit with its code; the account ends with the command.

    Usage: python -m pulumi_moto run -- COMMAND…
    """
    command = [*context.args]
    if not command:
        typer.echo(
            "COMMAND is missing: pass it after `--`: python -m pulumi_moto run -- pulumi up",
            err=True,
        )
        raise typer.Exit(USAGE)
    with (
        serving(account_id=account_id, region=region, speed=speed) as environment,
        tempfile.TemporaryDirectory(prefix="pulumi-moto-bin-") as shims,
    ):
        aws_shim.install(Path(shims), environment["AWS_ENDPOINT_URL"])
        path = aws_shim.search_path(Path(shims))
        code = run_command(command, {**os.environ, **environment, "PATH": path})
    raise typer.Exit(code)


@app.command(name="coverage")
def print_coverage() -> None:
    """Print what the account carries, ignores and corrects, as Markdown."""
    from pulumi_moto import coverage  # noqa: PLC0415 - imports moto, which takes seconds

    typer.echo(coverage.page(), nl=False)


@contextmanager
def serving(*, account_id: str, region: str, speed: float) -> Iterator[dict[str, str]]:
    """Run an account in this process; yield the environment of its clients and of the engine.

    moto reads its variables when it is imported, so import it after they are set.
    """
    os.environ.update(moto_environment(account_id))
    # A fork of the account (fork.py) serves HTTP alone, so gRPC needs no fork handlers.
    os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "false"
    from pulumi_moto import account  # noqa: PLC0415 - after moto's environment is set

    with (
        tempfile.TemporaryDirectory(prefix="pulumi-moto-state-") as state,
        account.running(region=region, account_id=account_id, speed=speed) as running,
    ):
        attached = f"aws:{running.provider_port},random:{running.provider_port}"
        environment = {
            **client_environment(running.endpoint, running.region),
            "PULUMI_DEBUG_PROVIDERS": f"{attached},awsx:{running.awsx_port}",
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            # Every provider is attached. Without this the engine first tries, several times, to
            # download the plugins that its state names.
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }
        yield {**environment, "EMULATED_ACCOUNT": " ".join(environment)}


def run_command(command: list[str], environment: Mapping[str, str]) -> int:
    """Run a command and return its exit code; 127 if it can't be started."""
    try:
        process = subprocess.Popen(command, env=environment)  # noqa: S603 - the user's own command
    except OSError as missing:
        typer.echo(f"{command[0]} can't be started: {missing.strerror}.", err=True)
        return NOT_FOUND
    try:
        code = process.wait()
    except KeyboardInterrupt:
        # The terminal sent the signal to the command too; give it time to end in order.
        try:
            process.wait(timeout=ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        raise
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    app(prog_name="python -m pulumi_moto")
