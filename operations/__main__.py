"""The runbook's procedures, each one command."""

import typer

from operations.bluegreen import commands as bluegreen
from operations.database import commands as database
from operations.incident import commands as incident
from operations.release import commands as release
from operations.runbook import commands as runbook
from operations.security import commands as security

app = typer.Typer(
    help=f"{__doc__}\n\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 refused (nothing changed).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for section in (incident, release, bluegreen, database, security, runbook):
    app.add_typer(section.app)


def main() -> None:
    """Run the command line; installed as `arbor`."""
    app(prog_name="arbor")


if __name__ == "__main__":
    main()
