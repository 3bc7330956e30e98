"""The faults of the served application: a JSON file that it and its machines read."""

import json
import os
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

VARIABLE: Final = "STAND_IN_SWITCHES"
"""The variable with the file's path."""


class Store(StrEnum):
    """The stores of the application."""

    DATABASE = "database"
    CACHE = "cache"


@dataclass(frozen=True, kw_only=True)
class Switches:
    """Everything is healthy unless a fault is switched on."""

    slow: float = 0.0
    """Seconds that every request waits, except health checks."""
    failing: bool = False
    """Every request raises, except health checks."""
    without: tuple[Store, ...] = field(default=())
    """Unreachable stores."""

    def write(self, file: Path) -> None:
        """Replace the file atomically: a concurrent request reads the old or the new content."""
        beside = file.with_suffix(".new")
        beside.write_text(json.dumps(asdict(self)))
        beside.replace(file)


def read(file: Path) -> Switches:
    """The present switches."""
    held = json.loads(file.read_text())
    return Switches(
        slow=held["slow"], failing=held["failing"], without=tuple(map(Store, held["without"]))
    )


def switch(
    slow: Annotated[
        float, typer.Option(min=0, max=60, help="Seconds that each request waits.")
    ] = 0.0,
    failing: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--failing", help="Answer each request with 500.")
    ] = False,
    without: Annotated[
        list[Store] | None, typer.Option(help="A store that can't be reached; may be given again.")
    ] = None,
) -> None:
    """Switch faults of the served application; without an option it is healthy again."""
    named = os.environ.get(VARIABLE)
    if named is None or not Path(named).is_file():
        typer.echo(
            f"{VARIABLE} names no file: run `make serve`, and eval the lines that it prints.",
            err=True,
        )
        raise typer.Exit(3)
    wanted = Switches(slow=slow, failing=failing, without=tuple(without or ()))
    wanted.write(Path(named))
    typer.echo(json.dumps(asdict(wanted)))


def main() -> None:
    """The command `stand-in`, which `make serve` puts on PATH."""
    typer.run(switch)
