"""What a rule is: one resource type or one stack-wide claim, one reason, one fix."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_policy import (
    EnforcementLevel,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from guardrails import exceptions

Props = Mapping[str, Any]
PRODUCTION = frozenset({"production"})
"""The environments of a rule that is for production only."""


def environment() -> str:
    """`arbor:environment` of the stack, which the engine hands to the pack.

    A stack that says nothing is judged as production, and so is the one of that name.
    """
    if pulumi.get_stack() in PRODUCTION:
        return pulumi.get_stack()
    return pulumi.Config("arbor").get("environment") or "production"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One claim about every resource of one type."""

    name: str
    token: str
    why: str
    fix: str
    controls: tuple[str, ...]
    """What it answers: `FSBP RDS.5`, `Security Hub KMS.4` where that standard may not have it,
    `CIS v3.0 5.2`, `runbook: names`."""
    check: Callable[[Props], Iterator[str]]
    """Yields a sentence for each thing that is wrong. Properties are camelCase proxies: an
    unknown raises when it is read, and the engine then says that the rule was skipped."""
    alike: tuple[str, ...] = ()
    """Other types whose inputs say the same thing in the same words."""
    severity: Severity = Severity.HIGH
    environments: frozenset[str] = frozenset()
    """Only where `arbor:environment` is one of these; everywhere when empty."""

    def policy(self) -> ResourceValidationPolicy:
        return ResourceValidationPolicy(
            name=self.name,
            description=_description(self.why, self.controls),
            validate=self._validate,
            enforcement_level=EnforcementLevel.MANDATORY,
            severity=self.severity,
            remediation_steps=self.fix,
        )

    def _validate(self, args: ResourceValidationArgs, report: ReportViolation) -> None:
        if args.resource_type not in {self.token, *self.alike} or not _judged(self.environments):
            return
        if exceptions.covers(self.name, args.name):
            return
        for problem in self.check(args.props):
            report(f"{problem} {self.fix}", None)


@dataclass(frozen=True, kw_only=True)
class StackRule:
    """One claim about the stack as a whole."""

    name: str
    why: str
    fix: str
    controls: tuple[str, ...]
    check: Callable[[Sequence[PolicyResource]], Iterator[tuple[str, PolicyResource | None]]]
    """Yields a sentence for each thing that is wrong, and the resource at fault if there is one."""
    severity: Severity = Severity.HIGH
    environments: frozenset[str] = frozenset()
    """Only where `arbor:environment` is one of these; everywhere when empty."""
    level: EnforcementLevel = EnforcementLevel.MANDATORY

    def policy(self) -> StackValidationPolicy:
        return StackValidationPolicy(
            name=self.name,
            description=_description(self.why, self.controls),
            validate=self._validate,
            enforcement_level=self.level,
            severity=self.severity,
            remediation_steps=self.fix,
        )

    def _validate(self, args: StackValidationArgs, report: ReportViolation) -> None:
        if not _judged(self.environments):
            return
        for problem, resource in self.check(args.resources):
            if resource is None or not exceptions.covers(self.name, resource.name):
                report(f"{problem} {self.fix}", resource.urn if resource else None)


def _judged(environments: frozenset[str]) -> bool:
    return not environments or environment() in environments


def _description(why: str, controls: tuple[str, ...]) -> str:
    return f"{why} ({', '.join(controls)})"
