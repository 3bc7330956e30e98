"""The preview of a refresh, and the refresh.

A refresh reads each resource of the state from AWS and writes the result into the state; it never
writes to AWS: https://www.pulumi.com/docs/iac/cli/commands/pulumi_refresh/
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi import automation
from pulumi.automation import events

from pipeline.drift.drift import VERSIONS_OF_SECRETS
from pipeline.hazards.stores import HOLDS_DATA
from pipeline.report.report import name_of

GONE, UPDATED = "delete", "update"
SECRET = "[secret]"  # noqa: S105 - the engine's mask in its events
LONGEST_SHOWN = 60


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One resource that differs between AWS and the state."""

    op: str
    """`update`, or `delete` for a resource that is gone."""
    urn: str
    token: str
    physical_id: str
    old: Mapping[str, Any]
    """Inputs in the state."""
    new: Mapping[str, Any]
    """Inputs in AWS."""

    @property
    def name(self) -> str:
        """The logical name."""
        return name_of(self.urn)

    @property
    def holds_data(self) -> bool:
        return self.token in HOLDS_DATA

    def sentences(self) -> Iterator[str]:
        """A line for each input that differs; one for a resource that is gone."""
        if self.op == GONE:
            yield f"{self.name} ({self.physical_id}) is gone from the account"
            return
        for key in sorted(set(self.old) | set(self.new)):
            before, after = self.old.get(key), self.new.get(key)
            if before != after and not key.startswith("__"):
                yield f"{self.name}: {key} {shown(before)} -> {shown(after)}"


def shown(value: object) -> str:
    """A plain value; `another value` for a document, a secret or a long text."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return str(value).lower()
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, Mapping | list) or SECRET in text or len(text) > LONGEST_SHOWN:
        return "another value"
    return text


class _Seen:
    def __init__(self) -> None:
        self.found: dict[str, Difference] = {}

    def __call__(self, event: events.EngineEvent) -> None:
        # Only the outputs event has the result of the read.
        if event.res_outputs_event is None:
            return
        step = event.res_outputs_event.metadata
        if step.type.startswith("pulumi:") or step.op.value not in {GONE, UPDATED}:
            return
        self.found[step.urn] = Difference(
            op=step.op.value,
            urn=step.urn,
            token=step.type,
            physical_id=step.old.id if step.old else "",
            old=(step.old.inputs if step.old else None) or {},
            new=(step.new.inputs if step.new else None) or {},
        )


def preview(stack: automation.Stack, target: list[str] | None = None) -> list[Difference]:
    """The changes that a refresh would make in the state. Raises CommandError."""
    seen = _Seen()
    stack.preview_refresh(on_event=seen, color="never", **_only(target))
    return list(seen.found.values())


def write(stack: automation.Stack, target: list[str] | None = None) -> list[Difference]:
    """Refresh; returns the changes in the state. Raises CommandError.

    Without targets, an unfinished create of a killed run is dropped from the state: the engine has
    no id to read it by.
    """
    seen, forget = _Seen(), target is None
    stack.refresh(on_event=seen, color="never", clear_pending_creates=forget, **_only(target))
    return list(seen.found.values())


def _only(target: list[str] | None) -> dict[str, Any]:
    """The targets, or all resources that can be read without `secretsmanager:GetSecretValue`."""
    return {"target": target} if target else {"exclude": [VERSIONS_OF_SECRETS]}
