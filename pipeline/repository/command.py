"""`python -m pipeline github`: wrong settings of the repository, and the calls that fix them."""

import os
from typing import Annotated, NoReturn

import typer

from access import trust as ci_documents
from engine import stack_file
from pipeline.github import GitHubError
from pipeline.repository import actions, branches, environments, identity, needs, stacks
from pipeline.repository.judge import judge, render
from pipeline.repository.read import LiveSettings
from pipeline.repository.setting import Setting

FAILED, USAGE = 1, 2
TOKENS = ("GH_TOKEN", "GITHUB_TOKEN")
"""In gh's order: https://cli.github.com/manual/gh_help_environment"""
Repository = Annotated[
    str, typer.Option(metavar="OWNER/NAME", help="The repository; default: arbor:githubRepository.")
]


def github(repository: Repository = "") -> None:
    """Check the repository's settings on GitHub, and print the `gh` call for each wrong one.

    Read-only. GH_TOKEN must be of an administrator of the repository. Exit code 1 if a required
    setting is wrong or unreadable.
    """
    chosen = _stacks(repository)
    token = next((os.environ[name] for name in TOKENS if os.environ.get(name)), "")
    if not token:
        _end("GH_TOKEN is not set: run `export GH_TOKEN=$(gh auth token)`.", USAGE)
    live = LiveSettings(repository or chosen[0].repository, token)
    try:
        verdict = judge(table(chosen, needs.read()), live)
        typer.echo(render(verdict, live))
    except GitHubError as failed:
        _end(str(failed), FAILED)
    raise typer.Exit(0 if verdict.passed else FAILED)


def table(chosen: list[stacks.Stack], needed: needs.Needs) -> list[Setting]:
    """Every row, for the environments of these stacks and the requirements of the workflows."""
    return [
        *identity.settings(chosen, needed),
        *branches.settings(needed),
        *environments.settings(chosen),
        *actions.settings(needed),
    ]


def _stacks(repository: str) -> list[stacks.Stack]:
    """The stacks of the repository; if none names it, all with a pipeline: a finding follows."""
    if repository and ci_documents.REPOSITORY.fullmatch(repository) is None:
        _end(f"--repository is {repository}; allowed: OWNER/NAME on GitHub.", USAGE)
    try:
        every = [stack for stack in stacks.every() if stack.repository]
    except stack_file.StackFileError as broken:
        _end(str(broken), USAGE)
    if not every:
        _end("No stack's file has arbor:githubRepository; set it to OWNER/NAME on GitHub.", USAGE)
    names = sorted({stack.repository for stack in every})
    if not repository and len(names) > 1:
        _end(f"The stacks' files name {' and '.join(names)}; choose one with --repository.", USAGE)
    return [stack for stack in every if stack.repository == repository] or every


def _end(sentence: str, code: int) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(code)
