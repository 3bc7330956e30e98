"""Every job of every workflow is walked, and each has an event that starts it."""

from pathlib import Path
from typing import Any

from rehearsal.conftest import Scenario
from rehearsal.runs import GITHUB, SKIPPED, SUCCESS, Event, read
from rehearsal.test_pull_request import event as pull_request

TAG = Event(name="push", ref="refs/tags/infrastructure-v1.0.0")


def by_hand(**inputs: Any) -> Event:
    return Event(name="workflow_dispatch", inputs=inputs)


def jobs(file: Path) -> set[tuple[str, str]]:
    """The jobs with steps; a job that calls a workflow is walked as that workflow's jobs."""
    described = read(file.name)["jobs"].items()
    return {(file.name, name) for name, job in described if "steps" in job}


def test_every_job_of_every_workflow_is_walked(scenario: Scenario) -> None:
    call = {"infrastructure": scenario.github.repository, "version": "v1.4.0"}
    events = [
        ("preview.yml", pull_request(scenario)),
        ("preview.yml", pull_request(scenario, head="other-owner/infrastructure")),
        ("up.yml", Event(name="push")),
        ("release.yml", by_hand(version="v1.4.0")),
        ("operate.yml", by_hand(stack="staging", action="refresh")),
        ("own-roles.yml", by_hand(stack="staging", rotate=True)),
        ("drift.yml", Event(name="schedule")),
        ("soak.yml", Event(name="schedule")),
        ("publish.yml", TAG),
        ("call-release.yml", Event(name="workflow_call", inputs=call)),
    ]
    walked = set()
    for workflow, event in events:
        run = scenario.rehearsal.run(workflow, event)
        assert run.result == SUCCESS, (workflow, run.results())
        for job in run.jobs:
            if job.result != SKIPPED:
                name = job.name.rpartition("/")[2].partition(" (")[0]
                walked.add((job.identity.workflow, name))
    every = {job for file in (GITHUB / "workflows").glob("*.yml") for job in jobs(file)}
    assert walked == every


def test_the_called_workflow_starts_mains_release_with_the_callers_token(
    scenario: Scenario,
) -> None:
    call = {"infrastructure": scenario.github.repository, "version": "v1.4.0 --ref evil"}
    event = Event(name="workflow_call", ref="refs/tags/v1.4.0", inputs=call)
    (job,) = scenario.rehearsal.run("call-release.yml", event).jobs
    (words,) = job.commands
    assert words[:4] == ["gh", "workflow", "run", "release.yml"]
    assert words[words.index("--ref") + 1] == "main"
    assert words[-1] == "version=v1.4.0 --ref evil"  # data: one argument
    assert job.role == ""
    assert job.permissions == {}


def test_a_tag_of_this_repository_deploys_nothing(scenario: Scenario) -> None:
    (job,) = scenario.rehearsal.run("publish.yml", TAG).jobs
    assert job.role == ""
    assert [words[0] for words in job.commands] == ["gh"]
    assert scenario.applied == []
