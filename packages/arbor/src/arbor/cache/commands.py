"""The group `cache` on the command line."""

import typer

from arbor.cache import read_commands, write_commands

app = typer.Typer()
group = typer.Typer(help="The stack's Redis.", no_args_is_help=True)
for section in (read_commands, write_commands):
    group.add_typer(section.app)
app.add_typer(group, name="cache")
