"""A repository with these workflows, GitHub's stub beside it, and commands that succeed."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import responses

import ci_sessions
from emulator import engine
from pipeline.report import UPDATED, Change, Drift, Report
from rehearsal import tokens
from rehearsal.commands import Commands
from rehearsal.github import GitHub
from rehearsal.runner import Job, Rehearsal

STACKS = ("staging", "production")


class World:
    """What the commands find: how many changes there are, and how an apply ends."""

    def __init__(self, place: Path, *, immutable: bool) -> None:
        repository = engine.stack_config("staging")["arbor:githubRepository"]
        self.github = GitHub(repository=repository)
        self.commands = Commands({"preview": self.preview, "apply": self.apply})
        self.changes: dict[str, int] = dict.fromkeys(STACKS, 1)
        self.drift: dict[str, list[Drift]] = {stack: [] for stack in STACKS}
        self.unreadable: set[str] = set()
        """Stacks whose preview ends without a report."""
        self.applies: dict[str, str] = dict.fromkeys(STACKS, "done")
        self.applied: list[tuple[str, str]] = []
        """Stack and commit of each apply that did something."""
        self.rehearsal = Rehearsal(
            github=self.github,
            command=self.commands,
            place=place,
            trust=tokens.trust_by_role(STACKS, immutable=immutable),
            longest=ci_sessions.WRITE_SECONDS,
            immutable=immutable,
        )

    def preview(
        self, options: dict[str, Any], _environment: Mapping[str, str], _job: Job
    ) -> tuple[int, str]:
        stack, count = options["stack"], self.changes[options["stack"]]
        if stack in self.unreadable:
            return 1, ""
        changes = [
            Change(group=UPDATED, token="aws:ecs/service:Service", name=f"service-{number}")
            for number in range(count)
        ]
        Report(stack=stack, changes=changes, drift=self.drift[stack]).write(options["report"])
        if options.get("plan"):
            options["plan"].write_text(f"plan of {stack}")
        if options.get("outputs"):
            with options["outputs"].open("a") as outputs:
                outputs.write(f"changes={count}\npassed=true\n")
        return 0, f"{count} changes"

    def apply(
        self, options: dict[str, Any], environment: Mapping[str, str], _job: Job
    ) -> tuple[int, str]:
        """As `python -m pipeline apply` ends and reports it (pipeline/outcome.py)."""
        stack = options["stack"]
        assert options["plan"].read_text() == f"plan of {stack}"
        result = self.applies[stack]
        told = {"stack": stack, "result": result, "reasons": [], "job": {}}
        options["report"].write_text(json.dumps(told))
        if result == "done":
            self.applied.append((stack, environment["PIPELINE_COMMIT"]))
        return {"done": 0, "failed": 1, "cancelled": 1, "refused": 3, "stale": 4}[result], ""


@pytest.fixture(params=[False, True], ids=["old subject", "immutable subject"])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    made = World(tmp_path, immutable=request.param)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        made.github.serve(mock)
        yield made
