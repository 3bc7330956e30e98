"""The workflows call commands that exist, pin what they use and hold no key."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

import operations.__main__
import pipeline.__main__
from pipeline import changes

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github").rglob("*.yml"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40}")
each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


def steps(value: Any) -> list[dict[str, Any]]:
    """Every step below a node."""
    if isinstance(value, list):
        return [step for item in value for step in steps(item)]
    if not isinstance(value, dict):
        return []
    own = value.get("steps", [])
    return [*own, *(step for item in value.values() for step in steps(item))]


def all_steps() -> list[dict[str, Any]]:
    return [step for file in FILES for step in steps(yaml.safe_load(file.read_text()))]


def test_there_are_steps_to_look_at() -> None:
    assert len(all_steps()) > 20


@each_file
def test_every_foreign_action_is_pinned_by_commit(file: Path) -> None:
    for step in steps(yaml.safe_load(file.read_text())):
        used = step.get("uses", "./")
        assert used.startswith("./") or PINNED.fullmatch(used), used


@each_file
def test_there_is_no_key_and_no_secret(file: Path) -> None:
    text = file.read_text()
    assert "secrets." not in text
    assert "access-key" not in text


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_workflow_may_nothing_and_each_job_says_what_it_may(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text())
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert "permissions" in job, name
        assert "write-all" not in str(job["permissions"]), name


def test_every_step_is_one_command_that_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    commands: dict[str, Any] = {
        "pipeline": typer.main.get_command(pipeline.__main__.app),
        "operations": typer.main.get_command(operations.__main__.app),
    }
    programs = {name: command.commands for name, command in commands.items()}
    for run in (step["run"] for step in all_steps() if "run" in step):
        words = shlex.split(run.split(">>")[0])
        assert "\n" not in run.strip(), run
        if words[0] == "make":
            for target in words[1:]:
                variable = target.replace(".venv/ready", "$(READY)")
                assert f"\n{variable}:" in makefile, target
        else:
            assert words[:2] == [".venv/bin/python", "-m"], run
            ours = programs[words[2]]
            assert words[3] in ours, run
            options = {o for p in ours[words[3]].params for o in p.opts}
            assert {w for w in words[4:] if w.startswith("--")} <= options, run


def test_the_workflow_offers_what_apply_can_be_allowed() -> None:
    up = yaml.safe_load((ROOT / ".github/workflows/up.yml").read_text())
    options = up[True]["workflow_dispatch"]["inputs"]["allow"]["options"]  # YAML reads `on` as true
    assert options == [changes.NOTHING, *changes.ALLOWABLE]
