"""A rule: a claim about one resource type or about the whole stack, its reason and its fix."""

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
Found = Iterator[tuple[str, PolicyResource | None]]
"""Violations of a stack rule: a sentence each, and the resource at fault if there is one."""
PRODUCTION = frozenset({"production"})
"""For rules that apply to production only."""


def environment() -> str:
    """`arbor:environment` of the stack, from the config that the engine passes to the pack.

    A stack without the key is judged as production, and so is the stack named production.
    """
    if pulumi.get_stack() in PRODUCTION:
        return pulumi.get_stack()
    return pulumi.Config("arbor").get("environment") or "production"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A claim about every resource of one type."""

    name: str
    token: str
    why: str
    fix: str
    controls: tuple[str, ...]
    """The controls that it implements: `FSBP RDS.5`, `Security Hub KMS.4` where the control's place
    in that standard is unconfirmed, `CIS v3.0 5.2`, `runbook: names`."""
    check: Callable[[Props], Iterator[str]]
    """Yields one sentence for each violation. Properties are camelCase proxies: reading an unknown
    value raises, and the engine then reports the rule as skipped."""
    alike: tuple[str, ...] = ()
    """Other types with the same inputs."""
    severity: Severity = Severity.HIGH
    environments: frozenset[str] = frozenset()
    """Applies only where `arbor:environment` is one of these; empty is every environment."""

    @property
    def judges(self) -> tuple[str, ...]:
        """The types whose inputs the rule reads."""
        return (self.token, *self.alike)

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
        if args.resource_type not in {self.token, *self.alike} or not _applies_to(
            self.environments
        ):
            return
        if exceptions.covers(self.name, args.name):
            return
        for sentence in self.check(args.props):
            report(f"{sentence} {self.fix}", None)


@dataclass(frozen=True, kw_only=True)
class StackRule:
    """A claim about the stack as a whole."""

    name: str
    why: str
    fix: str
    controls: tuple[str, ...]
    judges: tuple[str, ...]
    """The types whose inputs the rule reads."""
    check: Callable[[Sequence[PolicyResource]], Found]
    """Yields one sentence for each violation, with the resource at fault if there is one."""
    severity: Severity = Severity.HIGH
    environments: frozenset[str] = frozenset()
    """Applies only where `arbor:environment` is one of these; empty is every environment."""
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
        if not _applies_to(self.environments):
            return
        for sentence, resource in self.check(args.resources):
            if resource is None or not exceptions.covers(self.name, resource.name):
                report(f"{sentence} {self.fix}", resource.urn if resource else None)


def _applies_to(environments: frozenset[str]) -> bool:
    return not environments or environment() in environments


def _description(why: str, controls: tuple[str, ...]) -> str:
    return f"{why} ({', '.join(controls)})"
