"""The runbook's procedures, each one command."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from operations import health, screen
from operations import release as releases
from operations.account import connect
from operations.procedure import EVERY_SECONDS, Run

app = typer.Typer(
    help=f"{__doc__}\n\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 refused (nothing changed).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
Version = Annotated[str, typer.Argument(help="The tag of the images, such as v1.2.3.")]
Stack = Annotated[str, typer.Option(help="production or staging.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask; for scripts.")]
NoUrl = Annotated[bool, typer.Option("--no-url", help="Don't ask the public URL in the end.")]
Every = Annotated[float, typer.Option(help="Seconds between two looks.", min=0.001)]


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a command was asked to work."""

    dry_run: bool
    yes: bool
    every: float

    def carry_out(self, do: Callable[[Run], None], done: str) -> None:
        """Show, ask and do."""
        if self.dry_run or not self.yes:
            do(Run(say=typer.echo, dry_run=True))
        if self.dry_run:
            return
        screen.confirm(yes=self.yes)
        with screen.progress() as say:
            do(Run(say=say, every=self.every))
            say(done)


@app.command()
def release(
    version: Version,
    stack: Stack = "production",
    dry_run: DryRun = False,  # noqa: FBT002 - typer's way
    yes: Yes = False,  # noqa: FBT002
    no_url: NoUrl = False,  # noqa: FBT002
    every: Every = EVERY_SECONDS,
) -> None:
    """Migrate, deploy backend and frontend, check health; on failure take the services back."""
    manner = Manner(dry_run=dry_run, yes=yes, every=every)
    with screen.told():
        opener = None if no_url else health.get
        planned = releases.plan(connect(stack), version, opener=opener)
        manner.carry_out(planned.execute, f"{version} serves {stack}.")


@app.command()
def deploy(
    version: Version,
    stack: Stack = "production",
    dry_run: DryRun = False,  # noqa: FBT002
    yes: Yes = False,  # noqa: FBT002
    no_url: NoUrl = False,  # noqa: FBT002
    every: Every = EVERY_SECONDS,
) -> None:
    """The same without migrations."""
    manner = Manner(dry_run=dry_run, yes=yes, every=every)
    with screen.told():
        opener = None if no_url else health.get
        planned = releases.plan(connect(stack), version, migrates=False, opener=opener)
        manner.carry_out(planned.execute, f"{version} serves {stack}.")


@app.command()
def migrate(
    stack: Stack = "production",
    version: Annotated[
        str | None, typer.Option(help="Whose migrations run; by default the live version's.")
    ] = None,
    dry_run: DryRun = False,  # noqa: FBT002
    yes: Yes = False,  # noqa: FBT002
    every: Every = EVERY_SECONDS,
) -> None:
    """Run the database's migrations and demand exit code 0."""
    manner = Manner(dry_run=dry_run, yes=yes, every=every)
    with screen.told():
        planned = releases.plan_migration(connect(stack), version)
        manner.carry_out(lambda run: run.execute(planned.steps()), f"{stack} is migrated.")


if __name__ == "__main__":
    app()
