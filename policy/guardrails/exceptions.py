"""Exceptions: one rule on one resource, for a reason, until a day.

They stand in a stack's config, as `policy:exceptions`:

    policy:exceptions:
      - rule: rds-multi-az
        resource: database-instance   # its logical name
        reason: Rehearsal of the restore procedure, ticket OPS-112.
        expires: 2027-01-31           # the last day on which it holds
"""

import datetime as dt
import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import pulumi

KEY = "policy:exceptions"


@dataclass(frozen=True, kw_only=True)
class PolicyException:
    rule: str
    resource: str
    reason: str
    expires: dt.date

    def holds(self) -> bool:
        return today() <= self.expires

    def sentence(self) -> str:
        return f"{self.rule} is not asked of {self.resource} until {self.expires}: {self.reason}"


FIELDS = tuple(field.name for field in fields(PolicyException))


class WrongExceptionError(Exception):
    """An entry that can't be read; the message says which and what is allowed."""


def covers(rule: str, resource: str) -> bool:
    """Whether an exception that still holds excuses this resource from this rule."""
    return any(
        found.rule == rule and found.resource == resource and found.holds() for found in readable()
    )


def readable() -> Sequence[PolicyException]:
    """Every entry that is written as it must be; the others are told by `problems`."""
    return _parsed(_configured())[0]


def problems() -> Sequence[str]:
    """A sentence for each entry that can't be read."""
    return _parsed(_configured())[1]


def today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def _configured() -> str:
    return pulumi.Config("policy").get("exceptions") or "[]"


@functools.lru_cache(maxsize=1)
def _parsed(text: str) -> tuple[Sequence[PolicyException], Sequence[str]]:
    """Read once: every rule asks for every resource."""
    try:
        listed = json.loads(text)
    except ValueError:
        listed = None
    if not isinstance(listed, list):
        return (), (f"{KEY} must be a list of {', '.join(FIELDS)}.",)
    found, wrong = [], []
    for number, entry in enumerate(listed, 1):
        try:
            found.append(_read(entry))
        except WrongExceptionError as problem:
            wrong.append(f"{KEY}, entry {number}: {problem}")
    return tuple(found), tuple(wrong)


def _read(entry: object) -> PolicyException:
    if not isinstance(entry, Mapping) or set(entry) != set(FIELDS):
        raise WrongExceptionError(f"must have exactly {', '.join(FIELDS)}.")
    if empty := sorted(_empty(entry)):
        raise WrongExceptionError(f"{', '.join(empty)} must be a text that says something.")
    try:
        expires = dt.date.fromisoformat(entry["expires"])
    except ValueError:
        raise WrongExceptionError(
            f"expires is {entry['expires']}; it must be a day such as 2027-01-31."
        ) from None
    return PolicyException(
        rule=entry["rule"], resource=entry["resource"], reason=entry["reason"], expires=expires
    )


def _empty(entry: Mapping[str, object]) -> Iterator[str]:
    for name in FIELDS:
        value = entry[name]
        if not isinstance(value, str) or not value.strip():
            yield name
