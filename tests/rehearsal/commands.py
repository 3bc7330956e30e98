"""The commands of the workflows: run if they are fast, otherwise parsed and simulated."""

import io
import os
from collections.abc import Callable, Mapping
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click
import pytest
import typer

import arbor.__main__
import pipeline.__main__
from rehearsal.runs import Job

Play = Callable[[dict[str, Any], Mapping[str, str], Job], tuple[int, str]]
"""Options and environment; returns the exit code and the output."""
PROGRAMS: dict[str, Any] = {
    "pipeline": typer.main.get_command(pipeline.__main__.app),
    "arbor": typer.main.get_command(arbor.__main__.app),
}
RUN = frozenset({"where", "newest", "again", "supersede", "comment", "issue", "result"})
"""Commands that really run: they read files and call GitHub's stub."""
SHELL = frozenset({"python", "make", "gh", "exit"})
TOOLS = frozenset({"pip", "tools.pulumi_release"})


@dataclass
class Commands:
    """Runs each command; a simulated one is first parsed by the command's own parser."""

    plays: dict[str, Play] = field(default_factory=dict)
    """By command, such as `preview`; without one, it succeeds and prints nothing."""
    made: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    """Job, command and options of each command that was simulated or run."""

    def __call__(
        self, words: list[str], environment: Mapping[str, str], job: Job
    ) -> tuple[int, str]:
        if words[0] == "exec":
            words = words[1:]
        if words[0] in SHELL:
            return (int(words[1]) if words[0] == "exit" else 0), ""
        assert words[:2] == [".venv/bin/python", "-m"], words
        if words[2] in TOOLS:
            return 0, ""
        command = PROGRAMS[words[2]]
        place = Path(environment["GITHUB_OUTPUT"]).parent
        with chdir(place):
            options = _parsed(command, words[3:])
            self.made.append((job.name, words[3], options))
            if words[3] in self.plays:
                return self.plays[words[3]](options, environment, job)
            if words[3] in RUN:
                return _run(words, environment)
            return 0, ""

    def of(self, command: str) -> list[dict[str, Any]]:
        return [options for _, name, options in self.made if name == command]


def _parsed(program: click.Group, words: list[str]) -> dict[str, Any]:
    """The options, read by the command's own parser. Raises click's UsageError."""
    command, rest = program.commands[words[0]], words[1:]
    while hasattr(command, "commands"):
        command, rest = command.commands[rest[0]], rest[1:]
    with command.make_context(words[0], rest) as context:
        return dict(context.params)


def _run(words: list[str], environment: Mapping[str, str]) -> tuple[int, str]:
    """Run it here, with the job's environment; only PATH and HOME come from this process."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    printed = io.StringIO()
    with (
        patch.dict(os.environ, {**kept, **environment}, clear=True),
        redirect_stdout(printed),
        pytest.raises(SystemExit) as ended,
    ):
        PROGRAMS[words[2]].main(args=words[3:], prog_name=words[2])
    return int(ended.value.code or 0), printed.getvalue()
