"""The program's resources and components, from the preview of an empty stack."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.automation import events

from pipeline.report.report import name_of

ROOT = "pulumi:pulumi:Stack"
PROVIDERS = "pulumi:providers:"
DEFAULTS = "__defaults"
"""Inputs that the provider filled in: an autoname is one of them."""


@dataclass(frozen=True, kw_only=True)
class Registration:
    """One resource or component of the program."""

    urn: str
    token: str
    parent: str
    """URN; empty for a resource whose parent is the stack."""
    is_component: bool
    inputs: Mapping[str, Any]
    """As the provider checked them; empty for a component."""

    @property
    def name(self) -> str:
        """The logical name."""
        return name_of(self.urn)

    def named(self, key: str) -> str | None:
        """The physical name in this input; None if Pulumi or AWS chooses it."""
        value = self.inputs.get(key)
        chosen = key in (self.inputs.get(DEFAULTS) or ())
        return value if isinstance(value, str) and value and not chosen else None


class Registrations:
    """Collects them from the events of a preview."""

    def __init__(self) -> None:
        self.by_urn: dict[str, Registration] = {}

    def record(self, event: events.EngineEvent) -> None:
        """Record one event."""
        if event.resource_pre_event is None:
            return
        step = event.resource_pre_event.metadata
        new = step.new
        if new is None or new.type == ROOT or new.type.startswith(PROVIDERS):
            return
        parent = "" if new.parent.split("::")[2:3] == [ROOT] else new.parent
        self.by_urn[new.urn] = Registration(
            urn=new.urn,
            token=new.type,
            parent=parent,
            is_component=not new.custom,
            inputs=(new.inputs or {}) if new.custom else {},
        )

    def above(self, urns: Iterable[str]) -> list[Registration]:
        """The components that are parents of these, the outermost first."""
        found: dict[str, Registration] = {}
        for urn in urns:
            chain = []
            parent = self.by_urn[urn].parent
            while parent:
                chain.append(self.by_urn[parent])
                parent = self.by_urn[parent].parent
            found.update({one.urn: one for one in reversed(chain)})
        return list(found.values())
