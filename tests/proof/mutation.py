"""A change to the production program that one rule of the policy pack must catch."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pulumi

from engine.deployment import Program, project_program


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """Config values, other inputs or options of one resource, or one more resource."""

    rule: str
    """The only rule that must fail the preview."""
    what: str
    """The change in a reviewer's words: `the database runs in one zone`."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """Config keys (`arbor:...`) and their other values."""
    resource: str = ""
    """Logical name of the changed resource; `token` is its type."""
    token: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """Its other inputs, in snake case; None removes one."""
    edit: Callable[[dict[str, Any]], None] | None = None
    """Instead of `inputs`, for nested values: changes the inputs in place."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Its other resource options, such as `protect`."""
    borrows: tuple[str, str, str] | None = None
    """Type, logical name and input of another resource, whose value `adds` or `takes` gets. Without
    an input, all of its inputs."""
    takes: str = ""
    adds: Callable[[str, Any], object] | None = None
    """Registers another resource of the given name after the program has run."""
    alone: str = ""
    """The reason why no other mutation can share its preview; may be empty."""

    def touches(self, other: "Mutation") -> bool:
        """Whether both change the same input or option of one resource, as far as known."""
        if not self.resource or (self.token, self.resource) != (other.token, other.resource):
            return False
        if self.edit or other.edit:
            return True
        mine, theirs = ({*one.inputs, *one.options, one.takes} - {""} for one in (self, other))
        return not mine.isdisjoint(theirs)

    def change(
        self, args: pulumi.ResourceTransformationArgs, borrowed: list[Any]
    ) -> pulumi.ResourceTransformationResult | None:
        """The changed registration of the program; records the values that the mutation borrows."""
        if self.borrows and (args.type_, args.name) == self.borrows[:2]:
            _, _, key = self.borrows
            borrowed.append(args.props[key] if key else {**args.props})
        if (args.type_, args.name) != (self.token, self.resource):
            return None
        return self._changed(args, borrowed)

    def _changed(
        self, args: pulumi.ResourceTransformationArgs, borrowed: list[Any]
    ) -> pulumi.ResourceTransformationResult:
        inputs = {**args.props, **self.inputs}
        if self.takes:
            inputs[self.takes] = borrowed[0]
        if self.edit is not None:
            self.edit(inputs)
        for name, value in self.options.items():
            setattr(args.opts, name, value)
        return pulumi.ResourceTransformationResult(inputs, args.opts)


def program(mutations: Sequence[Mutation]) -> Program:
    """The production program with these changes."""

    def run() -> None:
        borrowed: list[list[Any]] = [[] for _ in mutations]
        for mutation, lent in zip(mutations, borrowed, strict=True):
            pulumi.runtime.register_stack_transformation(partial(mutation.change, borrowed=lent))
        project_program()()
        for number, (mutation, lent) in enumerate(zip(mutations, borrowed, strict=True)):
            if mutation.adds is not None:
                mutation.adds(f"proof-{number}", lent[0] if lent else None)

    return run


def edit_json(key: str, change: Callable[[Any], None]) -> Callable[[dict[str, Any]], None]:
    """An `edit` of a JSON input: `change` changes the document in place."""

    def edited(text: str) -> str:
        document = json.loads(text)
        change(document)
        return json.dumps(document)

    def edit(inputs: dict[str, Any]) -> None:
        inputs[key] = pulumi.Output.from_input(inputs[key]).apply(edited)

    return edit
