"""The group `database` on the command line."""

import typer

from arbor.database import backup_commands, scale_commands, sql_commands

app = typer.Typer()
group = typer.Typer(help="The stack's PostgreSQL.", no_args_is_help=True)
for section in (sql_commands, backup_commands, scale_commands):
    group.add_typer(section.app)
app.add_typer(group, name="database")
