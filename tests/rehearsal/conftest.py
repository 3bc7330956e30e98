"""A repository with these workflows, GitHub's stub, and commands that succeed."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import responses

from access import sessions as ci_sessions
from arbor_names import naming
from engine import stack_file
from pipeline.report.report import UPDATED, Change, Drift, Report
from rehearsal import tokens
from rehearsal.commands import Commands
from rehearsal.github import GitHub
from rehearsal.runner import Rehearsal
from rehearsal.runs import Job

STACKS = ("staging", "production")


class Scenario:
    """The results of the commands: the number of changes, and the end of an apply."""

    def __init__(self, place: Path, *, immutable: bool) -> None:
        repository = stack_file.stack_config("staging")["arbor:githubRepository"]
        self.github = GitHub(repository=repository)
        self.commands = Commands({"preview": self.preview, "apply": self.apply})
        self.changes: dict[str, int] = dict.fromkeys(STACKS, 1)
        self.drift: dict[str, list[Drift]] = {stack: [] for stack in STACKS}
        self.unreadable: set[str] = set()
        """Stacks whose preview ends without a report."""
        self.applies: dict[str, str] = dict.fromkeys(STACKS, "done")
        self.applied: list[tuple[str, str]] = []
        """Stack and commit of each apply with changes."""
        self.backends: dict[str, set[str]] = {stack: set() for stack in STACKS}
        """The backends of each stack's previews and applies."""
        self.rehearsal = Rehearsal(
            github=self.github,
            command=self.commands,
            place=place,
            trust=tokens.trust_by_role(STACKS, immutable=immutable),
            longest=ci_sessions.WRITE_SECONDS,
            immutable=immutable,
        )

    def own_backend(self, stack: str) -> str:
        config = stack_file.stack_config(stack)
        return naming.state_backend(stack, config["arbor:accountId"], config["aws:region"])

    def preview(
        self, options: dict[str, Any], environment: Mapping[str, str], _job: Job
    ) -> tuple[int, str]:
        stack, count = options["stack"], self.changes[options["stack"]]
        self.backends[stack].add(environment.get("PULUMI_BACKEND_URL", ""))
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
        """The end and the report of `python -m pipeline apply` (pipeline/apply/outcome.py)."""
        stack = options["stack"]
        self.backends[stack].add(environment["PULUMI_BACKEND_URL"])
        assert options["plan"].read_text() == f"plan of {stack}"
        result = self.applies[stack]
        report = {"stack": stack, "result": result, "reasons": [], "job": {}}
        options["report"].write_text(json.dumps(report))
        if result == "done":
            self.applied.append((stack, environment["PIPELINE_COMMIT"]))
        return {"done": 0, "failed": 1, "cancelled": 1, "refused": 3, "stale": 4}[result], ""


@pytest.fixture
def immutable() -> bool:
    """Today's subject of GitHub; `both_subjects` adds the one before July 2026."""
    return True


@pytest.fixture
def scenario(tmp_path: Path, immutable: bool) -> Iterator[Scenario]:
    made = Scenario(tmp_path, immutable=immutable)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        made.github.serve(mock)
        yield made


both_subjects = pytest.mark.parametrize(
    "immutable", [False, True], ids=["old subject", "immutable subject"]
)
