"""What a preview would do, as the engine's steps: operation, resource, old and new inputs."""

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
    """What would happen to one resource."""

    op: str
    """`create`, `update`, `delete` or `replace`."""
    urn: str
    token: str
    name: str
    keys: tuple[str, ...]
    """Inputs that differ."""
    old: Mapping[str, Any]
    """Inputs as the state has them; empty for a resource that would be created."""
    new: Mapping[str, Any]
    is_retained: bool = False
    """Whether a deletion only takes it out of the state (`retain_on_delete` of the last `up`)."""

    def changes(self, key: str) -> bool:
        """Whether this input would become another value, as far as the preview knows it."""
        return self.old.get(key) != self.new.get(key) and UNKNOWN not in str(self.new.get(key))


class StepCollector:
    """Collects the steps from the engine's events, one for each resource that would change."""

    def __init__(self) -> None:
        self._found: dict[str, Step] = {}

    @property
    def steps(self) -> list[Step]:
        return list(self._found.values())

    def see(self, event: events.EngineEvent) -> None:
        """Take in one event."""
        if event.resource_pre_event is not None:
            told = event.resource_pre_event.metadata
            if told.op.value not in NO_CHANGES and not told.type.startswith("pulumi:"):
                self._found.setdefault(told.urn, _step(told))


def steps_of(preview: Callable[..., object]) -> list[Step]:
    """Run a preview of the Automation API; returns its steps."""
    seen = StepCollector()
    preview(on_event=seen.see, color="never", suppress_progress=True)
    return seen.steps


def of_type(steps: list[Step], token: str, *ops: str) -> Iterator[Step]:
    """The steps of one resource type, of these operations or of all."""
    return (s for s in steps if s.token == token and (not ops or s.op in ops))


def _step(told: events.StepEventMetadata) -> Step:
    op = told.op.value
    return Step(
        op="replace" if op in REPLACES else op,
        urn=told.urn,
        token=told.type,
        name=name_of(told.urn),
        keys=tuple(sorted(told.diffs or ())),
        old=(told.old.inputs if told.old else None) or {},
        new=(told.new.inputs if told.new else None) or {},
        is_retained=bool(told.old and told.old.retain_on_delete),
    )
