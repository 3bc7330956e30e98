"""`python -m pipeline bootstrap`: show, ask, do."""

import typer

import naming
from emulator import engine
from operations import screen
from operations.procedure import EVERY_SECONDS, Run
from pipeline.bootstrap import plan
from pipeline.bootstrap.place import Place, connect, of_stack

USAGE = 2


def bootstrap(stack: str, *, dry_run: bool, yes: bool, retire_role: bool) -> None:
    """Do it and end with the exit code: 0 done, 1 failed, 2 wrong usage, 3 refused."""
    with screen.told():
        try:
            place = of_stack(stack, connect)
        except engine.NoSuchStackError as unknown:
            screen.end(str(unknown), USAGE)
        steps = plan.to_retire(place) if retire_role else plan.to_make(place)
        if steps and (dry_run or not yes):
            Run(say=typer.echo, dry_run=True).execute(steps)
        if steps and not dry_run:
            screen.confirm(yes=yes)
            with screen.progress() as say:
                Run(say=say, every=EVERY_SECONDS).execute(steps)
        if not steps:
            typer.echo("Nothing is left to do.")
        if not dry_run:
            typer.echo(_after_retiring(place) if retire_role else _after_making(place))


def _after_making(place: Place) -> str:
    region = f"?region={place.region}"
    return (
        f"{place.stack} can be brought up:\n"
        f"  pulumi login 's3://{place.pipeline.state_bucket}{region}'\n"
        f"  pulumi stack init {place.stack} "
        f"--secrets-provider 'awskms://{naming.STATE_KEY_ALIAS}{region}'"
    )


def _after_retiring(place: Place) -> str:
    return f"{naming.ci_bootstrap_role(place.stack)} is retired."
