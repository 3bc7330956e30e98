"""Rules on policy exceptions: each is reported, and fails once it is expired or invalid."""

from collections.abc import Sequence

from pulumi_policy import EnforcementLevel, PolicyResource, Severity

from guardrails import exceptions
from guardrails.rule import Found, StackRule


def _named(resources: Sequence[PolicyResource], name: str) -> PolicyResource | None:
    return next((found for found in resources if found.name == name), None)


def _active(resources: Sequence[PolicyResource]) -> Found:
    for found in exceptions.valid():
        if found.active():
            yield found.sentence(), _named(resources, found.resource)


def exception_rules(names: frozenset[str]) -> tuple[StackRule, StackRule]:
    """The two rules on exceptions; `names` are the names of all other rules."""

    def invalid(resources: Sequence[PolicyResource]) -> Found:
        for problem in exceptions.problems():
            yield problem, None
        for found in exceptions.valid():
            resource = _named(resources, found.resource)
            exception = f"The exception of {found.resource} from {found.rule}"
            if found.rule not in names:
                yield f"{exception} names an unknown rule.", resource
            elif resource is None:
                yield f"{exception} names an unknown resource.", None
            elif not found.active():
                yield f"{exception} expired on {found.expires}.", resource

    shown = StackRule(
        name="policy-exceptions-shown",
        why="Reviewers see every exception from a rule.",
        fix="Remove it from policy:exceptions in Pulumi.<stack>.yaml when it is obsolete.",
        controls=("arbor",),
        judges=(),
        check=_active,
        severity=Severity.LOW,
        level=EnforcementLevel.ADVISORY,
    )
    valid = StackRule(
        name="policy-exceptions-valid",
        why="An exception needs one rule, one resource, a reason and an expiry date.",
        fix="Correct policy:exceptions in Pulumi.<stack>.yaml, or fix the resource and remove it.",
        controls=("arbor",),
        judges=(),
        check=invalid,
    )
    return shown, valid
