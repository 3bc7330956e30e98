"""The engine's steps of a preview: operation, resource, old and new inputs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.automation import events

from pipeline.report import values
from pipeline.report.report import name_of

UNKNOWN = values.UNKNOWN
NO_CHANGES = frozenset({"same", "refresh", "read"})
REPLACES = frozenset({"replace", "create-replacement", "delete-replaced"})
"""The engine shows a replacement as three steps."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """The planned operation on one resource."""

    op: str
    """`create`, `update`, `delete` or `replace`."""
    urn: str
    token: str
    name: str
    keys: tuple[str, ...]
    """Inputs that differ."""
    old: Mapping[str, Any]
    """Inputs in the state; empty for a resource that would be created."""
    new: Mapping[str, Any]
    is_retained: bool = False
    """Whether a deletion removes it from the state only (`retain_on_delete` of the last `up`)."""

    def changes(self, key: str) -> bool:
        """Whether this input changes to a value that is known in the preview."""
        return self.old.get(key) != self.new.get(key) and UNKNOWN not in str(self.new.get(key))


class StepCollector:
    """Collects the steps from the engine's events, one for each resource that would change."""

    def __init__(self) -> None:
        self._found: dict[str, Step] = {}

    @property
    def steps(self) -> list[Step]:
        return list(self._found.values())

    def record(self, event: events.EngineEvent) -> None:
        """Record one event."""
        if event.resource_pre_event is not None:
            metadata = event.resource_pre_event.metadata
            if metadata.op.value not in NO_CHANGES and not metadata.type.startswith("pulumi:"):
                self._found.setdefault(metadata.urn, _step(metadata))


def steps_of(preview: Callable[..., object]) -> list[Step]:
    """Run a preview of the Automation API; returns its steps."""
    seen = StepCollector()
    preview(on_event=seen.record, color="never", suppress_progress=True)
    return seen.steps


def of_type(steps: list[Step], token: str, *ops: str) -> Iterator[Step]:
    """The steps of one resource type, of these operations or of all."""
    return (s for s in steps if s.token == token and (not ops or s.op in ops))


def _step(metadata: events.StepEventMetadata) -> Step:
    op = metadata.op.value
    return Step(
        op="replace" if op in REPLACES else op,
        urn=metadata.urn,
        token=metadata.type,
        name=name_of(metadata.urn),
        keys=tuple(sorted(metadata.diffs or ())),
        old=(metadata.old.inputs if metadata.old else None) or {},
        new=(metadata.new.inputs if metadata.new else None) or {},
        is_retained=bool(metadata.old and metadata.old.retain_on_delete),
    )
