"""`make serve`: an emulated account whose tasks are the stand-in application.

The account is empty at first. `python -m tools.emulated up` in another terminal brings the stack
up, and the application starts with its services.
"""

import signal
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NoReturn

import typer

import postgres_server
import redis_server
from engine import emulation, stack_file
from serve import attached
from serve.attached import EVERY_SECONDS

FAILED, USAGE, REFUSED = 1, 2, 3
SPEED = 60.0
"""A minute of the account passes in a second, as in `python -m tools.emulated serve`."""
NEEDED = (
    "The application needs PostgreSQL and Redis (Debian: apt-get install postgresql redis-server). "
    "Without it: .venv/bin/python -m tools.emulated serve --stack {stack}"
)


def serve(
    stack: Annotated[str, typer.Option(help="The stack: production or staging.")] = "production",
    speed: Annotated[
        float, typer.Option(min=0, help="Seconds of the account's clock in one real second.")
    ] = SPEED,
    unmigrated: Annotated[  # noqa: FBT002 - a flag of the command line
        bool,
        typer.Option(
            "--unmigrated", help="Start on an empty database, which breaks its migrations."
        ),
    ] = False,
) -> None:
    """Keep an account with the application up until Ctrl-C; prints lines to eval."""
    try:
        stack_file.stack_config(stack)
    except stack_file.StackFileError as unknown:
        _end(str(unknown), USAGE)
    if not postgres_server.PROGRAMS or redis_server.PROGRAM is None:
        _end(NEEDED.format(stack=stack), REFUSED)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        with (
            tempfile.TemporaryDirectory(prefix="arbor-application-") as name,
            emulation.account_process(stack=stack, speed=speed) as account,
            attached.attached(
                account, stack, Path(name), migrates=not unmigrated, say=_say
            ) as application,
        ):
            Path(name).chmod(
                0o755
            )  # PostgreSQL reads files in it with another account of the machine
            for line in lines(application.environment):
                typer.echo(line)
            _say(f"The account is up at {account['AWS_ENDPOINT_URL']}; Ctrl-C ends it.")
            _say("Eval these lines in another terminal. Then, and at every change of the stack:")
            _say(f"  .venv/bin/python -m tools.emulated up --stack {stack}")
            _follow(application, ended)
    except emulation.AccountFailedError as failed:
        _end(str(failed), FAILED)


def lines(environment: Mapping[str, str]) -> list[str]:
    """Lines for a shell to eval: `PATH` gets a prefix, other variables are set as they are."""
    return [
        f"export {name}='{value}'{':$PATH' if name == 'PATH' else ''}"
        for name, value in environment.items()
    ]


def _follow(application: attached.Attached, ended: threading.Event) -> None:
    served = False
    while not ended.wait(EVERY_SECONDS):
        if (failed := application.failed()) is not None:
            _end(f"The application is no longer served: {failed!r}", FAILED)
        if attached.serves(application.application) != served:
            served = not served
            _say("The application answers." if served else "The application does not answer.")


def _say(sentence: str) -> None:
    typer.echo(f"# {sentence}")


def _end(sentence: str, code: int) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


if __name__ == "__main__":
    typer.run(serve)
