"""What an operator sees, and how a command ends: one sentence and an exit code, no traceback."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from operations.procedure import Failed, Refused

FAILED, REFUSED = 1, 3
"""0 is done and 2, wrong usage, is typer's."""
STOPPED = (
    "Stopped looking. What was begun goes on in AWS and nothing was taken back: run the same "
    "command again to see what is left."
)


@contextmanager
def told() -> Iterator[None]:
    """Every foreseeable end of a command, told to people and to scripts."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

    try:
        yield
    except Refused as refused:
        end(f"Refused, nothing was changed: {refused}", REFUSED)
    except Failed as failed:
        end(f"Failed: {failed}", FAILED)
    except KeyboardInterrupt:
        end(STOPPED, FAILED)
    except (BotoCoreError, ClientError) as error:
        end(f"AWS: {error}\n{STOPPED}", FAILED)


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Tells line by line; in a terminal the last one also turns while it is waited for."""
    from rich.console import Console  # noqa: PLC0415 - slow to import

    console = Console(highlight=False, soft_wrap=True)
    with console.status("") as status:

        def say(line: str) -> None:
            console.print(line, markup=False)
            status.update(line.strip().split(". ")[0])

        yield say


def confirm(*, yes: bool) -> None:
    """Ask whoever saw what would be done; raises Refused unless the answer is yes."""
    if yes:
        return
    if not somebody_is_there():
        raise Refused("nobody is there to ask; add --yes.")
    if not typer.confirm("Do it?"):
        raise Refused("you said no.")


def somebody_is_there() -> bool:
    """Whether a person can answer."""
    return sys.stdin.isatty()


def end(sentence: str, code: int) -> NoReturn:
    """Say it where errors go."""
    typer.echo(sentence, err=True)
    raise typer.Exit(code)
