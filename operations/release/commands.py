"""release, deploy and migrate on the command line."""

from typing import Annotated

import typer

from operations import screen
from operations.account import connect
from operations.ecs import health
from operations.options import DryRun, Every, Manner, Stack, StackName, TakeOver, Yes
from operations.procedure import EVERY_SECONDS, Steps
from operations.release import release as releases

app = typer.Typer()
Version = Annotated[str, typer.Argument(help="The tag of the images, such as v1.2.3.")]
NoUrl = Annotated[bool, typer.Option("--no-url", help="Don't ask the public URL in the end.")]


@app.command()
def release(
    version: Version,
    stack: Stack = "production",
    dry_run: DryRun = False,
    yes: Yes = False,
    no_url: NoUrl = False,
    take_over: TakeOver = False,
    every: Every = EVERY_SECONDS,
) -> None:
    """Migrate, deploy backend and frontend, check health; on failure take the services back."""
    manner = Manner(dry_run=dry_run, yes=yes, every=every, take_over=take_over)
    _bring(version, stack, manner, migrates=True, asks_url=not no_url)


@app.command()
def deploy(
    version: Version,
    stack: Stack = "production",
    dry_run: DryRun = False,
    yes: Yes = False,
    no_url: NoUrl = False,
    take_over: TakeOver = False,
    every: Every = EVERY_SECONDS,
) -> None:
    """The same without migrations."""
    manner = Manner(dry_run=dry_run, yes=yes, every=every, take_over=take_over)
    _bring(version, stack, manner, migrates=False, asks_url=not no_url)


def _bring(
    version: str, stack: StackName, manner: Manner, *, migrates: bool, asks_url: bool
) -> None:
    opener = health.get if asks_url else None
    with screen.told():
        account = connect(stack)
        manner.carry_out(
            account,
            f"{'release' if migrates else 'deploy'} {version}",
            lambda: releases.plan(account, version, migrates=migrates, opener=opener),
            f"{version} serves {stack}.",
        )


@app.command()
def migrate(
    stack: Stack = "production",
    version: Annotated[
        str | None, typer.Option(help="Whose migrations run; by default the live version's.")
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    take_over: TakeOver = False,
    every: Every = EVERY_SECONDS,
) -> None:
    """Run the database's migrations and demand exit code 0."""
    manner = Manner(dry_run=dry_run, yes=yes, every=every, take_over=take_over)
    with screen.told():
        account = connect(stack)
        manner.carry_out(
            account,
            "migrate",
            lambda: Steps(make=releases.plan_migration(account, version).steps),
            f"{stack} is migrated.",
        )
