"""Errors of the engine as sentences with a remedy."""

import re
from collections.abc import Collection, Iterable
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from pulumi import automation

from pipeline.apply.plan_file import NoPlanError
from pipeline.report.report import name_of
from pipeline.report.values import IN_URL, SECRET
from pipeline.stacks import NoStackError

AWS_FAILED: Final = (ClientError, BotoCoreError)
EXPIRED: Final = re.compile(
    r"ExpiredToken|RequestExpired|security token included in the request is expired"
)
"""AWS's errors for expired credentials:
https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html"""
EXPIRED_SENTENCE: Final = (
    "The credentials of this job have expired: start a new run. access/sessions.py sets the "
    "duration of a session."
)
VIOLATES_PLAN: Final = re.compile(r"resource (urn:\S+) violates plan: (.*)", re.DOTALL)
"""The engine's message; both values follow in Go's notation, including secrets:
https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/step_generator.go"""
CHANGED: Final = re.compile(r"[~=+-]{2}(\w+)\[")
"""A property there."""
UNSEEN: Final = re.compile(r"expected resource operations for (urn:\S+) but none were seen")
"""The engine's message for a planned resource that the program did not register: it was removed, or
comes after a failure."""
BRIDGE: Final = re.compile(r"^\d+ errors? occurred:\s*\* ")
"""The prefix of the Terraform provider's messages."""


def message(error: BaseException) -> str:
    """The stderr of a failed Pulumi command, or the error's own message; never empty."""
    text = str(error)
    if isinstance(error, automation.CommandError):
        return text.partition("stderr:")[2].strip() or text.strip()
    if isinstance(error, (*AWS_FAILED, NoStackError, NoPlanError)):
        return text
    return f"{type(error).__name__}: {text}".rstrip(": ")


def sentences(errors: Iterable[str]) -> list[str]:
    """Each error once, in order; expired credentials come first."""
    found = list(dict.fromkeys(shortened(error) for error in errors if error.strip()))
    expired = any(EXPIRED.search(error) for error in found)
    return [EXPIRED_SENTENCE, *found] if expired else found


def leave_the_plan(errors: Collection[str]) -> list[str]:
    """The names of the resources that differ from the approved plan."""
    violate = [found[1] for error in errors if (found := VIOLATES_PLAN.search(error))]
    unseen = [found[1] for error in errors if (found := UNSEEN.search(error))]
    if not violate and len(unseen) < len(errors):
        return []  # the others come after a failure of another kind
    return [name_of(urn) for urn in violate or unseen]


def shortened(error: str) -> str:
    """An error without the engine's prefixes and without passwords in addresses."""
    found = VIOLATES_PLAN.sub(_not_as_planned, error)
    found = UNSEEN.sub(
        lambda one: f"{name_of(one[1])} is in the plan, but not in the program", found
    )
    return IN_URL.sub(rf"\1:{SECRET}@", BRIDGE.sub("", found.strip()))


def _not_as_planned(found: re.Match[str]) -> str:
    keys = ", ".join(dict.fromkeys(CHANGED.findall(found[2])))
    return f"{name_of(found[1])} differs from the plan{f' ({keys})' if keys else ''}"
