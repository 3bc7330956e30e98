"""The result of a preview, which one job writes and another reads."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from pulumi.automation import events

from engine.summary import error_of
from pipeline import files
from pipeline.job import Job
from pipeline.report.values import Value, values

REPLACED, DELETED, UPDATED, CREATED = "replaced", "deleted", "updated", "created"
GROUPS = (REPLACED, DELETED, UPDATED, CREATED)
"""In a reviewer's order."""
GROUP_OF = {
    "replace": REPLACED,
    "create-replacement": REPLACED,
    "delete-replaced": REPLACED,
    "delete": DELETED,
    "update": UPDATED,
    "create": CREATED,
    "import": CREATED,
}
NO_CAUSE: Final = frozenset({"preview failed", "update failed"})
"""The engine's last message after a refusal by policy or another error."""
SKIPPED: Final = "can't run policy"
"""The start of the engine's message for a rule that it could not run on a resource."""
UNJUDGED: Final = "unjudged-type"
"""The policy pack's rule with one finding for each resource type that no other rule reads."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of one resource."""

    group: str
    token: str
    name: str
    properties: tuple[str, ...] = ()
    """Inputs that differ."""
    values: tuple[Value, ...] = ()
    """Their values before and after, with secrets masked."""
    is_retained: bool = False
    """Whether a deletion removes it from the state only."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A finding of a policy."""

    rule: str
    resource: str
    mandatory: bool
    message: str

    @property
    def is_skipped(self) -> bool:
        """Whether the rule was skipped: it reads a value that is known only after the `up`."""
        return not self.mandatory and self.message.startswith(SKIPPED)

    @property
    def is_unjudged(self) -> bool:
        """Whether it names a resource type that no rule reads."""
        return self.rule == UNJUDGED and not self.is_skipped


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A change by hand that the program would undo."""

    token: str
    resource: str
    property: str
    """Empty when the resource itself is gone."""
    advice: str
    """One sentence: the value to adopt and the file, or another remedy."""
    stops: bool = True
    """Whether `apply` refuses because of it; False if `up` leaves the difference."""


@dataclass(kw_only=True)
class Report:
    """Everything about the preview of one stack."""

    stack: str
    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    findings: list[Finding] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """A sentence for each change that needs a procedure: `apply` refuses it."""
    needs_allow: list[str] = field(default_factory=list)
    """A sentence for each change that `apply` refuses without `--allow`."""
    drift: list[Drift] | None = None
    """None if drift was not checked."""
    unrotated: list[str] = field(default_factory=list)
    """A sentence for each secret with its value in the state; checked together with drift."""
    failure: str = ""
    """Why the preview failed, for a reason other than a policy."""
    job: Job = field(default_factory=Job)

    @property
    def passed(self) -> bool:
        mandatory = any(found.mandatory for found in self.findings)
        return not (self.failure or self.refused or mandatory)

    def record(self, event: events.EngineEvent) -> None:
        """Record one event of the engine."""
        if event.resource_pre_event is not None:
            self._step(event.resource_pre_event.metadata)
        if event.policy_event is not None:
            self.findings.append(_finding(event.policy_event))
        if error := failure_of(event):
            self.failure = f"{self.failure}\n{error}".strip()

    def _step(self, step: events.StepEventMetadata) -> None:
        if step.type.startswith("pulumi:") or is_component(step):
            return
        if step.op == "same":
            self.unchanged += 1
        group = GROUP_OF.get(step.op.value)
        # A replacement comes in three steps.
        if group and not any(
            (c.group, c.token, c.name) == (group, step.type, name_of(step.urn))
            for c in self.changes
        ):
            self.changes.append(_change(group, step))

    def write(self, file: Path) -> None:
        """Replace the file atomically. Raises OSError."""
        files.write(file, json.dumps(dataclasses.asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, file: Path) -> Self:
        """Raises ValueError, with a sentence, for any other file."""
        data: Mapping[str, Any] = files.read_report(file, "preview")
        try:
            drift = data["drift"]
            return cls(
                stack=data["stack"],
                changes=[_read_change(one) for one in data["changes"]],
                unchanged=data["unchanged"],
                findings=[Finding(**one) for one in data["findings"]],
                refused=data["refused"],
                needs_allow=data["needs_allow"],
                drift=None if drift is None else [Drift(**one) for one in drift],
                unrotated=data["unrotated"],
                failure=data["failure"],
                job=Job(**data["job"]),
            )
        except (KeyError, TypeError) as wrong:
            raise files.no_report(file, "preview") from wrong

    def in_group(self, group: str) -> Iterator[Change]:
        return (change for change in self.changes if change.group == group)


def is_of(file: Path, stack: str) -> bool:
    """Whether a report's file is a stack's by its name: `report-staging.json`."""
    return file.stem == stack or file.stem.endswith(f"-{stack}")


def name_of(urn: str) -> str:
    """The logical name in a URN; empty for a finding about the stack as a whole."""
    return urn.split("::", 3)[-1] if urn.count("::") >= 3 else ""  # noqa: PLR2004 - parts of a URN


def failure_of(event: events.EngineEvent) -> str:
    """The error of an event, with its cause; empty when there is none."""
    error = error_of(event)
    return "" if error in NO_CAUSE else error


def is_component(step: events.StepEventMetadata) -> bool:
    """Whether it is a component, which groups resources."""
    state = step.new or step.old
    return state is not None and not state.custom


def _change(group: str, step: events.StepEventMetadata) -> Change:
    keys = tuple(sorted(step.diffs or ()))
    old = (step.old.inputs if step.old else None) or {}
    new = (step.new.inputs if step.new else None) or {}
    return Change(
        group=group,
        token=step.type,
        name=name_of(step.urn),
        properties=keys,
        # A difference in outputs alone has no input to show.
        values=tuple(
            values(tuple(k for k in keys if k in old or k in new), old, new, tuple(step.keys or ()))
        ),
        is_retained=bool(step.old and step.old.retain_on_delete and group == DELETED),
    )


def _read_change(data: Mapping[str, Any]) -> Change:
    return Change(
        **{
            **data,
            "properties": tuple(data["properties"]),
            "values": tuple(Value(**one) for one in data["values"]),
        }
    )


def _finding(event: events.PolicyEvent) -> Finding:
    return Finding(
        rule=event.policy_name,
        resource=name_of(event.resource_urn or ""),
        mandatory=event.enforcement_level == "mandatory",
        message=" ".join(event.message.split()),
    )
