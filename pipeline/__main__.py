"""`python -m pipeline`: the steps of the workflows, as commands that also run locally."""

import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pipeline import files, github
from pipeline.adopt.command import adopt
from pipeline.apply import again_command, chat, plan_file
from pipeline.apply import result as outcomes
from pipeline.apply.apply import NotDoneError, not_opened
from pipeline.apply.apply import apply as apply_plan
from pipeline.apply.outcome import counted
from pipeline.bootstrap.command import bootstrap as bootstrap_stack
from pipeline.drift.issue import Nightly
from pipeline.hazards import changes
from pipeline.job import Job
from pipeline.operate.command import operate
from pipeline.options import BASE_ALONE, USAGE, Base, Emulated, Stack, Yes
from pipeline.preview import preview as preview_stack
from pipeline.report import comment as markdown
from pipeline.report.report import Report, is_of
from pipeline.repository import reviewers
from pipeline.repository.command import github as check_repository
from pipeline.stacks import NoStackError, Opened, emulated, in_aws
from pipeline.where import where

FAILED = 1
MARKER = "arbor preview"

app = typer.Typer(
    help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
app.command()(where)
app.command()(again_command.newest)
app.command()(again_command.again)
app.command()(again_command.supersede)
# The engine runs in the project's directory or in a copy of it, so each path is made absolute.
Reports = Annotated[
    list[Path], typer.Argument(help="Files that `preview` wrote.", resolve_path=True)
]
Expected = Annotated[
    list[str] | None,
    typer.Option("--expect", help="A stack that must have a report; repeatable."),
]
Post = Annotated[bool, typer.Option("--post", help="Send it to GitHub; default: print only.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the steps; change nothing.")]

app.command()(adopt)


@app.command()
def preview(
    stack: Stack,
    report: Annotated[Path, typer.Option(help="The report to write.", resolve_path=True)],
    plan: Annotated[
        Path | None, typer.Option(help="The update plan to write.", resolve_path=True)
    ] = None,
    in_emulated: Emulated = False,
    base: Base = None,
    drift: Annotated[bool, typer.Option(help="Also check for drift.")] = True,
    outputs: Annotated[
        Path | None,
        typer.Option(
            help="The file for `changes=N` and `passed=true`: $GITHUB_OUTPUT.", resolve_path=True
        ),
    ] = None,
) -> None:
    """Preview a stack with the policy pack; print every change with its values.

    `comment` reads the report. Exit code 1 if the preview fails or a policy refuses it, 2 if the
    environment has another region than the stack's file, 3 if the credentials belong to another
    account.
    """
    if base is not None and not in_emulated:
        _end(BASE_ALONE, USAGE)
    _refuse_unwritable(report, plan, outputs)
    try:
        with _opened(stack, in_emulated=in_emulated, base=base) as opened:
            found = preview_stack(opened, plan=plan, look_for_drift=drift)
    except NoStackError as missing:
        found = Report(stack=stack, failure=str(missing), job=Job.now())
        code = missing.exit_code
    else:
        code = 0 if found.passed else FAILED
    found.write(report)
    typer.echo(markdown.render([found], longest=None))
    if outputs is not None:
        with outputs.open("a") as appended:
            passed = "true" if found.passed else "false"
            appended.write(f"changes={len(found.changes)}\npassed={passed}\n")
    raise typer.Exit(code)


@app.command()
def comment(
    reports: Reports,
    pull_request: Annotated[
        int | None, typer.Option(help="The number of the pull request.", min=1)
    ] = None,
    post: Post = False,
    expect: Expected = None,
) -> None:
    """Create or update the comment on a pull request, with every stack's preview.

    An unreadable report is a row of the comment, and the exit code is 1.
    """
    if post and pull_request is None:
        _end("--post requires --pull-request.", USAGE)
    found, broken = _read([file for file in reports if file.exists() or not expect])
    if broken and not (found or expect):
        _end("\n".join(broken.values()), USAGE)
    unreadable = [_stack_of(file, expect or ()) for file in broken]
    text = markdown.render(found, expect or (), unreadable=unreadable)
    typer.echo(text)
    for sentence in broken.values():
        typer.echo(sentence, err=True)
    if pull_request is not None and post:
        typer.echo(github.of_this_job().keep_comment(pull_request, MARKER, text))
    raise typer.Exit(FAILED if broken else 0)


@app.command()
def issue(reports: Reports, post: Post = False, expect: Expected = None) -> None:
    """Open, update or close the issue about drift and unrotated secrets.

    Exit code 1 if a stack has no report or was not checked: the issue stays open, with the drift of
    the others.
    """
    night = Nightly.read(reports, expect or ())
    typer.echo(night.text)
    if post:
        posted = night.post(github.of_this_job(), typer.echo)
        raise typer.Exit(FAILED if night.unknown or not posted else 0)
    raise typer.Exit(FAILED if night.unknown else 0)


@app.command()
def apply(
    stack: Stack,
    plan: Annotated[
        Path,
        typer.Option(help="The approved plan.", exists=True, resolve_path=True),
    ],
    in_emulated: Emulated = False,
    base: Base = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(help=f"Permit {' or '.join(changes.ALLOWABLE)}; repeatable."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="The report to write, as JSON.", resolve_path=True)
    ] = None,
) -> None:
    """Run `up` with an approved plan.

    Exit code 1 if it fails or is cancelled, 2 if an option or the region in the environment is
    wrong, 3 if it is refused without a change, 4 if the plan is stale and needs a new approval.
    """
    for unknown in sorted(set(allow or ()) - {changes.NOTHING, *changes.ALLOWABLE}):
        known = ", ".join((changes.NOTHING, *changes.ALLOWABLE))
        _end(f"--allow is {unknown}; allowed: {known}.", USAGE)
    _refuse_unwritable(report)
    try:
        plan_file.check(plan)
    except plan_file.NoPlanError as wrong:
        not_opened(stack, wrong, report)
        _end(str(wrong), USAGE)
    try:
        if not in_emulated:
            reviewers.refuse(stack)
        with _opened(stack, in_emulated=in_emulated, base=base) as opened:
            done = apply_plan(opened, plan, typer.echo, allow or (), report)
    except NotDoneError as ended:
        _end(str(ended), ended.outcome.exit_code)
    except Exception as error:  # noqa: BLE001 - an early failure is a report, too
        outcome = not_opened(stack, error, report)
        code = error.exit_code if isinstance(error, NoStackError) else outcome.exit_code
        _end("\n".join(outcome.lines()), code)
    typer.echo(f"{stack} matches the plan after {counted(len(done))}.")


@app.command()
def result(
    stack: Stack,
    report: Annotated[
        Path,
        typer.Option(help="The report of `apply --report`; may be missing.", resolve_path=True),
    ],
    post: Post = False,
    step: Annotated[
        str,
        typer.Option(
            help="The outcome of the workflow step that applies; skipped: it did not start."
        ),
    ] = "",
) -> None:
    """Post the outcome of an apply to the merged pull request, as deployment status and to a chat.

    Failures go to the chat if the variable CHAT_WEBHOOK is set. Exit code 1 if one of the three
    was not posted.
    """
    if step not in outcomes.STEPS:
        _end(f"--step is {step}; allowed: {', '.join(outcomes.STEPS[1:])}.", USAGE)
    try:
        outcome = outcomes.read(stack, report, step)
    except ValueError as wrong:
        _end(str(wrong), USAGE)
    typer.echo(outcomes.render(outcome))
    if not post:
        return
    repository = github.of_this_job()
    if not outcomes.post(outcome, repository, lambda line: typer.echo(line, err=True)):
        raise typer.Exit(FAILED)


@app.command()
def bootstrap(
    stack: Stack,
    dry_run: DryRun = False,
    yes: Yes = False,
    retire_role: Annotated[
        bool, typer.Option("--retire-role", help="Delete the first deploy role.")
    ] = False,
) -> None:
    """Create what the first `up` needs: bucket and keys of the state, and the first deploy role.

    A second run corrects differences. Exit code 1 if it fails, 3 if it refuses.
    """
    bootstrap_stack(stack, dry_run=dry_run, yes=yes, retire_role=retire_role)


app.command("github")(check_repository)
app.command()(operate)


def _opened(stack: str, *, in_emulated: bool, base: Path | None) -> AbstractContextManager[Opened]:
    # Update plans are still experimental in Pulumi.
    os.environ["PULUMI_EXPERIMENTAL"] = "true"
    return emulated(stack, base) if in_emulated else in_aws(stack)


def _refuse_unwritable(*named: Path | None) -> None:
    if sentence := files.refusal(named):
        _end(sentence, USAGE)


def _read(named: list[Path]) -> tuple[list[Report], dict[Path, str]]:
    """The reports that can be read, and a sentence for each file that can't."""
    found, broken = [], {}
    for file in named:
        try:
            found.append(Report.read(file))
        except ValueError as wrong:
            broken[file] = str(wrong)
    return found, broken


def _stack_of(file: Path, expected: Sequence[str]) -> str:
    """The expected stack whose report this is, by its name; else the name."""
    if len(expected) == 1:
        return expected[0]
    return next((stack for stack in expected if is_of(file, stack)), file.name)


def _end(sentence: str, code: int) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def main() -> None:
    """Run the command line; an expected error is one sentence."""
    try:
        app()
    except github.OutsideError as outside:
        sys.stderr.write(f"{outside}\n")
        sys.exit(USAGE)
    except NoStackError as missing:
        sys.stderr.write(f"{missing}\n")
        sys.exit(missing.exit_code)
    except (github.GitHubError, chat.ChatError) as failed:
        sys.stderr.write(f"{failed}\n")
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
