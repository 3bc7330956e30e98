"""The runbook's procedures, each one command."""

from collections import UserDict
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from arbor.index import COMMANDS


class Commands(UserDict[str, Any]):
    """Commands by name; each is loaded when it is first used."""

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - a command, in typer's own class
        if (found := self.data[name]) is None:
            section, _ = COMMANDS[name]
            one = typer.Typer()
            one.add_typer(import_module(f"arbor.{section}.commands").app)
            found = self.data[name] = get_group(one).commands[name]
        return found


class Sections(TyperGroup):
    """Lists the commands without loading them."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - typer's own attributes
        super().__init__(**attributes)
        self.commands = Commands(dict.fromkeys(COMMANDS))

    def list_commands(self, _context: object) -> list[str]:
        return list(COMMANDS)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - both are typer's
        """Format without rich, whose import takes longer than the rest of `--help`."""
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        self.format_options(ctx, formatter)

    def format_commands(self, _context: object, formatter: Any) -> None:  # noqa: ANN401 - typer's
        for section in dict.fromkeys(section for section, _ in COMMANDS.values()):
            with formatter.section(section.capitalize()):
                formatter.write_dl(
                    [(name, text) for name, (its, text) in COMMANDS.items() if its == section]
                )


app = typer.Typer(
    help=f"{__doc__}\n\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 refused (nothing changed)."
    "\n\nRun `arbor --install-completion` once to complete names in bash or zsh.",
    cls=Sections,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def every() -> None:
    """Typer requires a callback; `app` has the help."""


def main() -> None:
    """Run the command line; installed as `arbor`."""
    app(prog_name="arbor")


if __name__ == "__main__":
    main()
