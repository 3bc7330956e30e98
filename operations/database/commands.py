"""The group `database` on the command line."""

import typer

from operations.database import backup_commands, sql_commands

app = typer.Typer()
group = typer.Typer(help="The stack's PostgreSQL.", no_args_is_help=True)
group.add_typer(sql_commands.app)
group.add_typer(backup_commands.app)
app.add_typer(group, name="database")
