"""`make upgrade BASE=<git ref>`: preview this tree over stacks that another commit deployed.

BASE deploys each stack into an emulated account with its own code; this tree is previewed there.
Both run on the packages installed here, so a new provider version is not part of the comparison.
"""

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer
from pulumi import automation

from engine.stack_file import PROJECT_DIR
from pipeline.hazards.changes import NETWORK, REPOSITORY, SERVES, protections
from pipeline.report.comment import HOLDS_DATA
from pipeline.report.report import DELETED, REPLACED, Change, Report
from pipeline.stacks import NoStackError, Opened, emulated

FAILED, USAGE = 1, 2
KEPT: Final = {
    **dict.fromkeys(HOLDS_DATA, "it holds data or keys"),
    REPOSITORY: "it holds images",
    **dict.fromkeys(NETWORK, "the database, the cache and the load balancer are in it"),
    **dict.fromkeys(SERVES, "users reach the application through it"),
    "aws:ec2/eip:Eip": "others allow this address",
    "aws:route53/record:Record": "users resolve it",
}
"""Types that an upgrade may neither replace nor delete, and why."""
REMEDY: Final = (
    "If its type, name or parent changed, give it an alias; else make the change by a procedure of "
    "docs/runbook.md."
)
UNCHANGED: Final = "no change"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(help=__doc__)
def upgrade(
    base: Annotated[str, typer.Argument(help="The git ref whose program is deployed first.")],
    stack: Annotated[
        list[str] | None, typer.Option(help="A stack; repeatable. Default: every stack of BASE.")
    ] = None,
) -> None:
    """Exit 1 if this tree replaces or deletes what holds data, keys or addresses."""
    lost: list[str] = []
    with checked_out(base) as tree:
        here, there = stacks_of(PROJECT_DIR), stacks_of(tree)
        lost += [
            f"{name}: Pulumi.{name}.yaml is missing in this tree." for name in sorted(there - here)
        ]
        for name in stack or sorted(here & there):
            report = preview(name, tree)
            typer.echo("\n".join(listing(report)))
            lost += losses(report)
    if lost:
        _end("\n".join(lost), FAILED)


def preview(stack: str, base: Path) -> Report:
    """The changes that this tree makes to a stack that the checkout in `base` deployed."""
    typer.echo(f"{stack}: deploying the base, then previewing this tree", err=True)
    try:
        with emulated(stack, base) as opened:
            return previewed(opened)
    except NoStackError as failed:
        _end(str(failed), FAILED)


def previewed(opened: Opened) -> Report:
    """The changes; a preview that fails is a report with a failure."""
    report = Report(stack=opened.stack.name)
    try:
        opened.stack.preview(on_event=report.record, color="never", suppress_progress=True)
    except automation.CommandError as failed:
        report.refused = protections(str(failed))
        report.failure = report.failure or str(failed)
    return report


def listing(report: Report) -> Iterator[str]:
    """One line for the stack, then one for each change: replacements and deletions first."""
    counted = {
        group: len(list(report.in_group(group))) for group in ("replaced", "deleted", "updated")
    }
    counted["created"] = len(list(report.in_group("created")))
    changed = ", ".join(f"{count} {group}" for group, count in counted.items() if count)
    yield f"{report.stack}: {changed or UNCHANGED} ({report.unchanged} resources unchanged)"
    for group in counted:
        for change in sorted(report.in_group(group), key=lambda one: one.name):
            keys = f" ({', '.join(change.properties)})" if change.properties else ""
            yield f"  {group} {change.name} {change.token}{keys}"


def losses(report: Report) -> list[str]:
    """A sentence for each change that an upgrade may not make; a failed preview is one."""
    found = [
        f"{report.stack}: {change.name} ({change.token}) would be {change.group}, and "
        f"{KEPT[change.token]}. {REMEDY}"
        for change in report.changes
        if is_loss(change)
    ]
    refused = [f"{report.stack}: {sentence}" for sentence in report.refused]
    failed = [f"{report.stack}: the preview failed: {report.failure}"] if report.failure else []
    return [*found, *(refused or failed)]


def is_loss(change: Change) -> bool:
    """Whether it takes away data, keys or addresses; a retained resource stays in AWS."""
    gone = change.group in {REPLACED, DELETED} and not change.is_retained
    return gone and change.token in KEPT


def stacks_of(tree: Path) -> set[str]:
    """The stacks with a config file in a tree."""
    return {file.name.split(".")[1] for file in tree.glob("Pulumi.*.yaml")}


@contextmanager
def checked_out(ref: str) -> Iterator[Path]:
    """The files of a commit in a temporary directory; the work tree and its index stay as is."""
    named = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if named.returncode or not ref:
        _end(
            f"BASE is {ref!r}, which names no commit of this repository: run "
            "`make upgrade BASE=origin/main`, after `git fetch` if the ref is new.",
            USAGE,
        )
    archive = _git("archive", "--format=tar", named.stdout.decode().strip())
    if archive.returncode:
        _end(f"git can't read {ref}: {archive.stderr.decode().strip()}", FAILED)
    with tempfile.TemporaryDirectory(prefix="arbor-base-") as directory:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(directory, filter="data")
        yield Path(directory)


def _git(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 - git, with arguments of ours
        ["git", *words],  # noqa: S607 - the git on PATH
        cwd=PROJECT_DIR,
        capture_output=True,
        check=False,
    )


def _end(sentence: str, code: int) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


if __name__ == "__main__":
    app(prog_name="python -m tools.upgrade")
