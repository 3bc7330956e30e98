"""Every command of `arbor`, read from typer's tree, so that new ones are tested automatically."""

import inspect
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import typer

from arbor.__main__ import app


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command that isn't a group."""

    name: str
    """With its groups, such as `database connect`."""
    options: frozenset[str]
    arguments: tuple[str, ...]
    """Names of the positional parameters, in order."""
    hints: dict[str, Any]
    """The type of each parameter."""

    @property
    def writes(self) -> bool:
        return "--yes" in self.options

    def choices(self, parameter: str) -> tuple[str, ...]:
        """The allowed values, if they are a list."""
        return tuple(_literals(self.hints.get(parameter)))


def commands() -> dict[str, Command]:
    """The commands by name."""
    return {one.name: one for one in _walk(typer.main.get_command(app), ())}


def groups() -> dict[str, set[str]]:
    """The names in each group, by the group's name; the program's own is empty."""
    found: dict[str, set[str]] = {}

    def walk(node: Any, words: tuple[str, ...]) -> None:
        if hasattr(node, "commands"):
            found[" ".join(words)] = set(node.commands)
            for name, below in node.commands.items():
                walk(below, (*words, name))

    walk(typer.main.get_command(app), ())
    return found


def _walk(node: Any, words: tuple[str, ...]) -> Iterator[Command]:
    if hasattr(node, "commands"):
        for name, below in node.commands.items():
            yield from _walk(below, (*words, name))
        return
    yield Command(
        name=" ".join(words),
        options=frozenset(name for one in node.params for name in one.opts),
        arguments=tuple(one.name for one in node.params if one.param_type_name == "argument"),
        hints=typing.get_type_hints(inspect.unwrap(node.callback)),
    )


def _literals(hint: Any) -> Iterator[str]:
    if typing.get_origin(hint) is typing.Literal:
        yield from map(str, typing.get_args(hint))
        return
    for part in typing.get_args(hint):
        yield from _literals(part)
