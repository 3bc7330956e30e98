"""A path on the command line is relative to the caller's directory.

The engine runs in the project's directory or in a copy of it, and would resolve it there.
"""

import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import pipeline.__main__
import tools.emulated
from pipeline.report.report import Report

APPS = {"emulator": tools.emulated.app, "pipeline": pipeline.__main__.app}


def path_options() -> Iterator[tuple[str, bool]]:
    """Each parameter that is a path, by command and name, and whether it is made absolute."""
    for module, app in APPS.items():
        for command in app.registered_commands:
            assert command.callback is not None
            hints = typing.get_type_hints(command.callback, include_extras=True)
            for name, hint in hints.items():
                if holds_a_path(hint):
                    info = hint.__metadata__[0]
                    yield f"{module} {command.callback.__name__} {name}", info.resolve_path


def holds_a_path(hint: Any) -> bool:
    return hint is Path or any(map(holds_a_path, typing.get_args(hint)))


OPTIONS = dict(path_options())


@pytest.mark.parametrize("option", OPTIONS)
def test_every_path_is_made_absolute(option: str) -> None:
    assert OPTIONS[option]


def test_path_options_are_found() -> None:
    assert {
        "pipeline preview plan",
        "pipeline preview report",
        "pipeline preview base",
        "pipeline apply plan",
        "pipeline apply base",
        "emulator up policy_pack",
        "emulator preview policy_pack",
    } <= set(OPTIONS)


@pytest.fixture
def previewed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """The arguments of `preview`, called in its own directory; the stack is never opened."""
    seen: dict[str, Any] = {}

    def preview(_stack: object, *, plan: Path | None, look_for_drift: bool) -> Report:
        seen.update(plan=plan, look_for_drift=look_for_drift)
        return Report(stack="staging")

    monkeypatch.setattr(pipeline.__main__, "preview_stack", preview)
    monkeypatch.setattr(pipeline.__main__, "_opened", lambda *_, **__: _Opened())
    monkeypatch.chdir(tmp_path)
    return seen


class _Opened:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


def run(*words: str) -> Any:
    return CliRunner().invoke(pipeline.__main__.app, ["preview", "--stack", "staging", *words])


def test_plan_and_report_are_written_to_the_callers_directory(
    previewed: dict[str, Any], tmp_path: Path
) -> None:
    done = run("--plan", "plan.json", "--report", "report.json")
    assert done.exit_code == 0, done.output
    assert previewed["plan"] == tmp_path.resolve() / "plan.json"
    assert Report.read(tmp_path / "report.json").stack == "staging"


@pytest.mark.parametrize("option", ["--plan", "--report"])
def test_a_missing_directory_is_refused_before_the_preview(
    previewed: dict[str, Any], option: str
) -> None:
    words = {"--plan": "plan.json", "--report": "report.json", option: "elsewhere/it.json"}
    done = run(*[word for pair in words.items() for word in pair])
    assert done.exit_code == 2
    assert "elsewhere" in done.output
    assert "create it first" in done.output
    assert previewed == {}
