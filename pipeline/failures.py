"""What went wrong, in the words that a person acts on."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from pulumi import automation

from pipeline.report import name_of
from pipeline.stacks import NoStackError

AWS_FAILED: Final = (ClientError, BotoCoreError)
EXPIRED: Final = re.compile(
    r"ExpiredToken|RequestExpired|security token included in the request is expired"
)
"""AWS's words for credentials whose time is over:
https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html"""
EXPIRED_SENTENCE: Final = (
    "The credentials of this job have expired; a new run gets others, for as long as "
    "ci_sessions.py says."
)
VIOLATES_PLAN: Final = re.compile(r"resource (urn:\S+) violates plan: (\w+ changed)?.*", re.DOTALL)
"""The engine's words, and then both values in Go's notation:
https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/step_generator.go"""


def said(error: BaseException) -> str:
    """What a command of Pulumi's wrote to its stderr, or an error's own words; never empty."""
    text = str(error)
    if isinstance(error, automation.CommandError):
        return text.partition("stderr:")[2].strip() or text.strip()
    if isinstance(error, (*AWS_FAILED, NoStackError)):
        return text
    return f"{type(error).__name__}: {text}".rstrip(": ")


def sentences(errors: Iterable[str]) -> list[str]:
    """Each error once, in order; first of all that the credentials have expired, if they have."""
    found = list(dict.fromkeys(_shortened(error) for error in errors if error.strip()))
    expired = any(EXPIRED.search(error) for error in found)
    return [EXPIRED_SENTENCE, *found] if expired else found


def leave_the_plan(errors: Iterable[str]) -> Iterator[str]:
    """The names of the resources that violate the approved plan, as the engine finds them."""
    for error in errors:
        if found := VIOLATES_PLAN.search(error):
            yield name_of(found[1])


def _shortened(error: str) -> str:
    return VIOLATES_PLAN.sub(
        lambda found: f"{name_of(found[1])} is not as the approved plan has it", error
    ).strip()
