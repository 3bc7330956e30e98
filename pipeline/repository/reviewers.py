"""A workflow changes production only with required reviewers, unless config waives them.

If the repository's plan has no required reviewers, GitHub ignores the rule and starts the job. So
`apply` checks it.
https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments
"""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.github import GitHubError, NotNowError
from pipeline.repository import stacks
from pipeline.repository.read import FailingError, LiveSettings, UnreadableError
from pipeline.stacks import REFUSED, NoStackError

ENTERPRISE = (
    "private repositories need GitHub Enterprise for required reviewers "
    "(https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments)"
)
PERMISSION = "the job needs `actions: read` in its permissions and GITHUB_TOKEN in its environment"
"""https://docs.github.com/en/rest/deployments/environments#get-an-environment"""


class UnreviewedError(NoStackError):
    """A workflow may not change the stack; the message has the reason and the remedy."""

    exit_code = REFUSED


def refuse(stack: str) -> None:
    """Raises UnreviewedError if `refusal` returns a reason."""
    if sentence := refusal(stack):
        raise UnreviewedError(sentence)


def refusal(stack: str, environ: Mapping[str, str] = os.environ) -> str:
    """Why this job may not change the stack, in one sentence; empty if it may.

    Checks only in a workflow's job (`GITHUB_ACTIONS`), with the job's `GITHUB_TOKEN`; a person at
    a terminal has their own credentials. An unreadable setting is refused, too.
    Raises engine.StackFileError.
    """
    if environ.get("GITHUB_ACTIONS") != "true":
        return ""
    read = stacks.read(stack)
    if not read.reviewed:
        return ""
    try:
        live = LiveSettings(environ["GITHUB_REPOSITORY"], environ["GITHUB_TOKEN"])
        environment = live.find(f"/environments/{stack}")
        if environment is None or not list(of(environment)):
            return _without(live, stack, there=environment is not None)
    except KeyError as missing:
        return _unknown(stack, f"{missing.args[0]} is not set")
    except (UnreadableError, GitHubError) as failed:
        passing = isinstance(failed, FailingError | NotNowError)
        return _unknown(stack, str(failed).rstrip("."), passing=passing)
    return ""


def of(environment: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The reviewers that an environment requires, as GitHub's API gives them."""
    for rule in environment.get("protection_rules") or ():
        if rule["type"] == "required_reviewers":
            yield from rule.get("reviewers") or ()


def _without(live: LiveSettings, stack: str, *, there: bool) -> str:
    found = f"the environment {stack} has no required reviewers"
    if not there:
        found = f"{live.repository} has no environment {stack}"
    plan = f" ({ENTERPRISE})" if live.private else ""
    return (
        f"{stack} was not changed: {found}{plan}. Add them (`python -m pipeline github` prints the "
        f"call), or set {stacks.WITHOUT_REVIEWERS}: true in Pulumi.{stack}.yaml."
    )


def _unknown(stack: str, why: str, *, passing: bool = False) -> str:
    """`passing`: the same call may succeed later, so the remedy is left out."""
    found = f"the required reviewers of its environment are unreadable: {why}"
    helps = f"; {PERMISSION}, or set {stacks.WITHOUT_REVIEWERS}: true in Pulumi.{stack}.yaml"
    return f"{stack} was not changed: {found}{'' if passing else helps}."
