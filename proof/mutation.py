"""A change to the production program that one rule of the policy pack must catch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi

from emulator import engine


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """Config values, other inputs or options of one resource, or one more resource."""

    rule: str
    """The one rule that must fail the preview; any other that does is a fault too."""
    what: str
    """What the change does, as a reviewer would say it: `the database runs in one zone`."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """Config keys (`arbor:...`) and their other values."""
    resource: str = ""
    """Logical name of the resource that changes, and `token` its type."""
    token: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """Its other inputs, in snake case as a program writes them; None takes one away."""
    edit: Callable[[dict[str, Any]], None] | None = None
    """In place of `inputs`, for what lies deeper: changes the inputs in place."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Its other resource options, such as `protect`."""
    adds: Callable[[], object] | None = None
    """Registers one more resource after the program has run."""

    def program(self) -> engine.Program:
        """The production program with this change in it."""

        def run() -> None:
            if self.resource:
                pulumi.runtime.register_stack_transformation(self._transform)
            engine.project_program()()
            if self.adds is not None:
                self.adds()

        return run

    def _transform(
        self, args: pulumi.ResourceTransformationArgs
    ) -> pulumi.ResourceTransformationResult | None:
        if (args.type_, args.name) != (self.token, self.resource):
            return None
        inputs = {**args.props, **self.inputs}
        if self.edit is not None:
            self.edit(inputs)
        for name, value in self.options.items():
            setattr(args.opts, name, value)
        return pulumi.ResourceTransformationResult(inputs, args.opts)
