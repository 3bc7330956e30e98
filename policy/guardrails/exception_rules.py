"""Rules on the exceptions themselves: each is shown, and none outlives its day or its reason."""

from collections.abc import Iterator, Sequence

from pulumi_policy import EnforcementLevel, PolicyResource, Severity

from guardrails import exceptions
from guardrails.rule import StackRule

Found = Iterator[tuple[str, PolicyResource | None]]


def _named(resources: Sequence[PolicyResource], name: str) -> PolicyResource | None:
    return next((found for found in resources if found.name == name), None)


def _held(resources: Sequence[PolicyResource]) -> Found:
    for found in exceptions.readable():
        if found.holds():
            yield found.sentence(), _named(resources, found.resource)


def exception_rules(names: frozenset[str]) -> tuple[StackRule, StackRule]:
    """The two rules; `names` are those of every other rule."""

    def wrong(resources: Sequence[PolicyResource]) -> Found:
        for problem in exceptions.problems():
            yield problem, None
        for found in exceptions.readable():
            resource = _named(resources, found.resource)
            if found.rule not in names:
                yield f"There is no rule {found.rule} to except {found.resource} from.", resource
            elif resource is None:
                yield f"There is no {found.resource} to except from {found.rule}.", None
            elif not found.holds():
                ended = f"The exception of {found.resource} from {found.rule} ended on"
                yield f"{ended} {found.expires}.", resource

    shown = StackRule(
        name="policy-exceptions-shown",
        why="Whoever reviews a change sees what is excepted from the rules.",
        fix="Remove it from the stack's policy:exceptions as soon as it isn't needed.",
        controls=("arbor",),
        check=_held,
        severity=Severity.LOW,
        level=EnforcementLevel.ADVISORY,
    )
    valid = StackRule(
        name="policy-exceptions-valid",
        why="An exception is for one rule and one resource, for a reason, until a day.",
        fix="Correct the stack's policy:exceptions, or meet the rule and remove the entry.",
        controls=("arbor",),
        check=wrong,
    )
    return shown, valid
