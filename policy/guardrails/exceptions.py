"""Exceptions: one rule, one resource, a reason and an expiry date.

The stack's config lists them under `policy:exceptions`:

    policy:exceptions:
      - rule: rds-multi-az
        resource: database-instance   # logical name
        reason: Rehearsal of the restore procedure, ticket OPS-112.
        expires: 2027-01-31           # last day on which it applies, within 90 days
"""

import datetime as dt
import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import pulumi

KEY = "policy:exceptions"
LONGEST = dt.timedelta(days=90)
"""The longest time from today to an exception's last day. A longer need is renewed in review."""


@dataclass(frozen=True, kw_only=True)
class PolicyException:
    rule: str
    resource: str
    reason: str
    expires: dt.date

    def active(self) -> bool:
        return today() <= self.expires

    def sentence(self) -> str:
        return f"{self.resource} is excepted from {self.rule} until {self.expires}: {self.reason}"


FIELDS = tuple(field.name for field in fields(PolicyException))


class InvalidExceptionError(Exception):
    """An invalid entry; the message contains what is allowed."""


def covers(rule: str, resource: str) -> bool:
    """Whether an active exception excludes this resource from this rule."""
    return any(
        found.rule == rule and found.resource == resource and found.active() for found in valid()
    )


def valid() -> Sequence[PolicyException]:
    """The valid entries; `problems` reports the others."""
    return _parsed(_configured())[0]


def problems() -> Sequence[str]:
    """A sentence for each invalid entry."""
    return _parsed(_configured())[1]


def today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def _configured() -> str:
    return pulumi.Config("policy").get("exceptions") or "[]"


@functools.lru_cache(maxsize=1)
def _parsed(text: str) -> tuple[Sequence[PolicyException], Sequence[str]]:
    """Cached, because every rule reads it for every resource."""
    try:
        listed = json.loads(text)
    except ValueError:
        listed = None
    if not isinstance(listed, list):
        return (), (f"{KEY} must be a list of entries with {', '.join(FIELDS)}.",)
    found, invalid = [], []
    for number, entry in enumerate(listed, 1):
        try:
            found.append(_read(entry))
        except InvalidExceptionError as problem:
            invalid.append(f"{KEY}, entry {number}: {problem}")
    return tuple(found), tuple(invalid)


def _read(entry: object) -> PolicyException:
    if not isinstance(entry, Mapping) or set(entry) != set(FIELDS):
        raise InvalidExceptionError(f"must have exactly {', '.join(FIELDS)}.")
    if empty := sorted(_empty(entry)):
        raise InvalidExceptionError(f"{', '.join(empty)} must be a non-empty text.")
    try:
        expires = dt.date.fromisoformat(entry["expires"])
    except ValueError:
        raise InvalidExceptionError(
            f"expires is {entry['expires']}; it must be a date such as 2027-01-31."
        ) from None
    latest = today() + LONGEST
    if expires > latest:
        raise InvalidExceptionError(
            f"expires is {expires}; the last day allowed is {latest}, {LONGEST.days} days from now."
        )
    return PolicyException(
        rule=entry["rule"], resource=entry["resource"], reason=entry["reason"], expires=expires
    )


def _empty(entry: Mapping[str, object]) -> Iterator[str]:
    for name in FIELDS:
        value = entry[name]
        if not isinstance(value, str) or not value.strip():
            yield name
