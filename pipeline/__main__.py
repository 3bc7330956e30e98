"""`python -m pipeline`: what the workflows do, each step one command that also runs locally."""

import os
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pipeline import changes, github
from pipeline import comment as markdown
from pipeline.apply import HalfDoneError, RefusedError
from pipeline.apply import apply as apply_plan
from pipeline.bootstrap.command import bootstrap as bootstrap_stack
from pipeline.preview import preview as preview_stack
from pipeline.report import Report
from pipeline.stacks import NoStackError, Opened, emulated, in_aws

FAILED, USAGE, REFUSED = 1, 2, 3
MARKER = "arbor preview"
DRIFT_LABEL = "drift"

app = typer.Typer(
    help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
Stack = Annotated[str, typer.Option(help="Which stack: production or staging.")]
# The engine runs in the project's directory or in a copy of it: each path is made absolute here.
Reports = Annotated[
    list[Path], typer.Argument(help="Files that `preview` wrote.", resolve_path=True)
]
Base = Annotated[
    Path | None,
    typer.Option(
        help="With --emulated: the checkout that is up before.",
        resolve_path=True,
        exists=True,
        file_okay=False,
    ),
]
Post = Annotated[bool, typer.Option("--post", help="Send it to GitHub; without, only print it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask; for scripts.")]
Emulated = Annotated[
    bool, typer.Option("--emulated", help="In a fresh emulated account, without credentials.")
]


@app.command()
def preview(
    stack: Stack,
    report: Annotated[Path, typer.Option(help="Where the report goes.", resolve_path=True)],
    plan: Annotated[
        Path | None, typer.Option(help="Where the update plan goes.", resolve_path=True)
    ] = None,
    in_emulated: Emulated = False,
    base: Base = None,
    drift: Annotated[bool, typer.Option(help="Also look for drift.")] = True,
) -> None:
    """Preview a stack with the policy pack; exit code 1 when it fails or a policy refuses it."""
    if base is not None and not in_emulated:
        _say_and_exit("--base is for --emulated: in AWS the stack is what it is.", USAGE)
    for file in (report, plan):
        if file is not None and not file.parent.is_dir():
            _say_and_exit(f"There is no directory {file.parent}; make it first.", USAGE)
    with _opened(stack, in_emulated=in_emulated, base=base) as opened:
        found = preview_stack(opened, plan=plan, look_for_drift=drift)
    found.write(report)
    typer.echo(markdown.render([found]))
    raise typer.Exit(0 if found.passed else FAILED)


@app.command()
def comment(
    reports: Reports,
    pull_request: Annotated[int, typer.Option(help="Its number.")] = 0,
    post: Post = False,
) -> None:
    """Keep one comment on a pull request, with every stack's preview."""
    text = markdown.render([_read(file) for file in reports])
    typer.echo(text)
    if post:
        if not pull_request:
            _say_and_exit("--post needs --pull-request.", USAGE)
        typer.echo(_github().keep_comment(pull_request, MARKER, text))


@app.command()
def issue(reports: Reports, post: Post = False) -> None:
    """Keep one issue about drift: opened, updated, and closed when there is none."""
    read = [_read(file) for file in reports]
    unsure = [found.stack for found in read if found.drift is None]
    if unsure:
        _say_and_exit(f"Drift of {', '.join(unsure)} was not looked for.", FAILED)
    drifted = [found.stack for found in read if found.drift]
    text = markdown.render_drift(read) if drifted else "No drift any more."
    typer.echo(text)
    if post and drifted:
        typer.echo(_github().keep_issue(DRIFT_LABEL, f"Drift in {', '.join(drifted)}", text))
    elif post:
        _github().close_issue(DRIFT_LABEL, text)


@app.command()
def apply(
    stack: Stack,
    plan: Annotated[
        Path,
        typer.Option(help="The plan that was approved.", exists=True, resolve_path=True),
    ],
    in_emulated: Emulated = False,
    base: Base = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(help=f"Go on with {' or '.join(changes.ALLOWABLE)}; can be given twice."),
    ] = None,
) -> None:
    """Bring a stack up by an approved plan; exit code 3 when it is refused, 1 when it fails."""
    for unknown in sorted(set(allow or ()) - {changes.NOTHING, *changes.ALLOWABLE}):
        known = ", ".join((changes.NOTHING, *changes.ALLOWABLE))
        _say_and_exit(f"--allow is {unknown}; allowed: {known}.", USAGE)
    with _opened(stack, in_emulated=in_emulated, base=base) as opened:
        try:
            done = apply_plan(opened, plan, typer.echo, allow or ())
        except RefusedError as refused:
            _say_and_exit(str(refused), REFUSED)
        except HalfDoneError as failed:
            _say_and_exit(str(failed), FAILED)
    typer.echo("\n".join([*done, f"{stack} is as planned; {len(done)} changes."]))


@app.command()
def bootstrap(
    stack: Stack,
    dry_run: DryRun = False,
    yes: Yes = False,
    retire_role: Annotated[
        bool, typer.Option("--retire-role", help="Delete the first deploy role again.")
    ] = False,
) -> None:
    """Make what the first `up` needs: bucket and key of the state, and the first deploy role.

    Run again, it puts right what differs. Exit code 3 when it refuses, 1 when it fails.
    """
    bootstrap_stack(stack, dry_run=dry_run, yes=yes, retire_role=retire_role)


def _opened(stack: str, *, in_emulated: bool, base: Path | None) -> AbstractContextManager[Opened]:
    # Update plans are Pulumi's own, and still behind this switch.
    os.environ["PULUMI_EXPERIMENTAL"] = "true"
    return emulated(stack, base) if in_emulated else in_aws(stack)


def _read(file: Path) -> Report:
    try:
        return Report.read(file)
    except ValueError as wrong:
        _say_and_exit(str(wrong), USAGE)


def _github() -> github.Repository:
    try:
        return github.of_this_job()
    except github.GitHubError as outside:
        _say_and_exit(str(outside), USAGE)


def _say_and_exit(sentence: str, code: int) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def main() -> None:
    """Run the command line; what can be foreseen to fail is one sentence."""
    try:
        app()
    except (NoStackError, github.GitHubError) as failed:
        sys.stderr.write(f"{failed}\n")
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
