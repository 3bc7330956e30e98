"""What a preview found, in a form that one job writes and another reads."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pulumi.automation import events

from emulator.summary import error_of

REPLACED, DELETED, UPDATED, CREATED = "replaced", "deleted", "updated", "created"
GROUPS = (REPLACED, DELETED, UPDATED, CREATED)
"""In the order in which a reviewer must see them."""
GROUP_OF = {
    "replace": REPLACED,
    "create-replacement": REPLACED,
    "delete-replaced": REPLACED,
    "delete": DELETED,
    "update": UPDATED,
    "create": CREATED,
    "import": CREATED,
}
SKIPPED = "can't run policy"


@dataclass(frozen=True, kw_only=True)
class Change:
    """What would happen to one resource."""

    group: str
    token: str
    name: str
    properties: tuple[str, ...] = ()
    """Inputs that differ; their values may be secret and stay out."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a policy said."""

    rule: str
    resource: str
    mandatory: bool
    message: str


@dataclass(frozen=True, kw_only=True)
class Drift:
    """What somebody changed in the account, that the program would change back."""

    token: str
    resource: str
    property: str
    """Empty when the resource itself is gone."""
    advice: str
    """One sentence: which value to adopt in which file, or what else to do."""


@dataclass(kw_only=True)
class Report:
    """Everything about the preview of one stack."""

    stack: str
    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    findings: list[Finding] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """What `apply` refuses: a sentence for each change that needs a procedure."""
    asks: list[str] = field(default_factory=list)
    """What `apply` refuses unless `--allow` says so."""
    drift: list[Drift] | None = None
    """None when it wasn't looked for."""
    failure: str = ""
    """Why the preview failed, when it was not for a policy."""

    @property
    def passed(self) -> bool:
        mandatory = any(found.mandatory for found in self.findings)
        return not (self.failure or self.refused or mandatory)

    def see(self, event: events.EngineEvent) -> None:
        """Take in one event of the engine."""
        if event.resource_pre_event is not None:
            self._step(event.resource_pre_event.metadata)
        if event.policy_event is not None:
            self.findings.append(_finding(event.policy_event))
        if error := error_of(event):
            self.failure = f"{self.failure}\n{error}".strip()

    def _step(self, step: events.StepEventMetadata) -> None:
        if step.type.startswith("pulumi:"):
            return
        if step.op == "same":
            self.unchanged += 1
        group = GROUP_OF.get(step.op.value)
        change = Change(
            group=group or "",
            token=step.type,
            name=name_of(step.urn),
            properties=tuple(sorted(step.diffs or ())),
        )
        # A replacement is told in three steps.
        if group and not any(
            (c.group, c.token, c.name) == (group, change.token, change.name) for c in self.changes
        ):
            self.changes.append(change)

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(dataclasses.asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, file: Path) -> Self:
        """Raises ValueError, with a sentence, for a file that no preview wrote."""
        try:
            told: Mapping[str, Any] = json.loads(file.read_text())
            drift = told["drift"]
            return cls(
                stack=told["stack"],
                changes=[
                    Change(**{**one, "properties": tuple(one["properties"])})
                    for one in told["changes"]
                ],
                unchanged=told["unchanged"],
                findings=[Finding(**one) for one in told["findings"]],
                refused=told["refused"],
                asks=told["asks"],
                drift=None if drift is None else [Drift(**one) for one in drift],
                failure=told["failure"],
            )
        except (OSError, ValueError, KeyError, TypeError) as wrong:
            raise ValueError(
                f"{file} is no report of `python -m pipeline preview`: {wrong}"
            ) from wrong

    def in_group(self, group: str) -> Iterator[Change]:
        return (change for change in self.changes if change.group == group)


def name_of(urn: str) -> str:
    """The logical name in a URN; empty for a finding about the stack as a whole."""
    return urn.split("::", 3)[-1] if urn.count("::") >= 3 else ""  # noqa: PLR2004 - parts of a URN


def _finding(event: events.PolicyEvent) -> Finding:
    return Finding(
        rule=event.policy_name,
        resource=name_of(event.resource_urn or ""),
        mandatory=event.enforcement_level == "mandatory",
        message=" ".join(event.message.split()),
    )
