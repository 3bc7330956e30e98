"""Every `arbor` command in a message is complete: it parses.

The commands are found in the source, so new messages are tested too. A command without `--stack`
acts on production, so each goes through `typed`, which adds the stack.
"""

import ast
import itertools
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from arbor.__main__ import app
from arbor.account import PRODUCTION, typed

OPERATIONS = Path(__file__).parents[1] / "src" / "arbor"
COMMAND = re.compile(r"\barbor [a-z]")
ADDS_THE_STACK = {"typed": "", "command": "arbor bluegreen "}
"""Functions with a command as argument, and the command's prefix: `typed` of arbor/account.py, and
`command` of arbor/ecs/services.py."""
TYPERS = frozenset({"app.command", "group.command"})
RUNS = OPERATIONS / "incident" / "severity.py"
"""Its findings contain commands without a stack; triage passes each to `typed`."""
NAMES_ITS_STACK = "--stack {self.account.stack}"
VALUES: dict[str, str] = {
    "app": "backend",
    "app.app": "backend",
    "further.number": "7",
    "larger": "db.t3.large",
    "times.utc(self.moment)": "2026-01-27T12:00:00Z",
    "part.record.version if part.record else part.version": "v1.2.3",
    "part.service.app": "backend",
    "self.account.stack": "staging",
    "self.name": "arbor-production-db-restore",
    "self.service": "backend",
    "self.target.floor": "2",
    "self.period.options": "--since 24h",
    "service.app": "backend",
    "signals.backend": "backend",
    "version": "v1.2.3",
}
"""An example for each expression in a command."""
ROTATES = ("rotate-password", "rotate-token", "rotate-key")
CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("secrets.py", "age.command"): ROTATES,
    ("secrets.py", "command"): ("rotate-first", *ROTATES),
    ("first_values.py", "self.command"): ROTATES,
    ("rotation.py", "self.command"): ("rotate-first", *ROTATES),
    ("deployments.py", "what"): ("switch", "abort"),
    ("rollback.py", "what"): ("rollback", "revisions"),
    ("services.py", "what"): ("switch", "abort", "start v1.2.3"),
}
"""Expressions with a list of values."""


@dataclass(frozen=True, kw_only=True)
class Advice:
    """A command in the source."""

    place: str
    text: str
    """The command, with values as `{expression}`."""


def text_of(node: ast.expr) -> str | None:
    """The text of a string; in an f-string, with expressions in braces. None for other values."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    return "".join(
        f"{{{ast.unparse(part.value)}}}"
        if isinstance(part, ast.FormattedValue)
        else str(text_of(part))
        for part in node.values
    )


def docstrings(tree: ast.AST) -> set[int]:
    """Ids of docstrings, including those below a value."""
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def called(node: ast.AST) -> str:
    """The name of the called function; empty for typer's `app.command("name")`."""
    if not isinstance(node, ast.Call):
        return ""
    whole = ast.unparse(node.func)
    return "" if whole in TYPERS else whole.rpartition(".")[2]


def advice() -> tuple[list[Advice], list[Advice]]:
    """Commands with the stack, and texts with a command without it."""
    with_stack: list[Advice] = []
    without: list[Advice] = []
    for path in sorted(OPERATIONS.rglob("*.py")):
        tree = ast.parse(path.read_text())
        held = docstrings(tree)
        for node in ast.walk(tree):
            if called(node) in ADDS_THE_STACK:
                assert isinstance(node, ast.Call)
                for argument in node.args:
                    text = text_of(argument)
                    if text is None or " " not in f"{ADDS_THE_STACK[called(node)]}{text}":
                        continue  # the stack's own name, or another value
                    held |= {id(one) for one in ast.walk(argument)}
                    whole = f"{ADDS_THE_STACK[called(node)]}{text}"
                    with_stack.append(Advice(place=f"{path.name}:{node.lineno}", text=whole))
        for node in ast.walk(tree):
            if id(node) in held or not isinstance(node, ast.Constant | ast.JoinedStr):
                continue
            held |= {id(one) for one in ast.walk(node)}
            text = text_of(node)
            if text is None or not COMMAND.search(re.sub(r"\{.*?\}", "{}", text)):
                continue
            found = Advice(place=f"{path.name}:{node.lineno}", text=text)
            is_whole = path == RUNS or NAMES_ITS_STACK in text
            (with_stack if is_whole else without).append(found)
    return with_stack, without


WITH_STACK, WITHOUT = advice()


def examples(one: Advice) -> Iterator[str]:
    """The command with each of its values."""
    names, module = re.findall(r"\{([^{}]+)\}", one.text), one.place.partition(":")[0]
    known = [CHOICES.get((module, name)) or (VALUES.get(name, ""),) for name in names]
    assert ("",) not in known, f"{one}: give {names} an example in this file"
    for values in itertools.product(*known):
        filled = one.text
        for name, value in zip(names, values, strict=True):
            filled = filled.replace(f"{{{name}}}", value, 1)
        yield filled


def parse(line: str) -> None:
    """Parse a line of `arbor`. Raises if it is incomplete."""
    command, words = typer.main.get_command(app), shlex.split(line)[1:]
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    command.make_context("arbor", words)


def test_the_commands_are_found() -> None:
    assert len(WITH_STACK) > 40
    assert {one.place.partition(":")[0] for one in WITH_STACK} > {"severity.py", "snapshot.py"}


def test_every_command_in_a_message_has_its_stack() -> None:
    assert WITHOUT == [], "give each to Account.typed"


@pytest.mark.parametrize("one", WITH_STACK, ids=lambda one: one.place)
def test_every_command_in_a_message_parses(one: Advice) -> None:
    for line in examples(one):
        parse(line)
        for stack in (PRODUCTION, "staging"):
            parse(typed(line, stack) if "--stack" not in line else line)


def test_other_text_than_a_command_does_not_parse() -> None:
    for line in ("arbor cache clear", "arbor releese v1.2.3", "arbor scale backend"):
        with pytest.raises((Exception, SystemExit)):
            parse(line)
