"""The pipeline's command line: options, outputs and exit codes; no stack is opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import pipeline.__main__
from pipeline import outcome
from pipeline.apply import HalfDoneError, RefusedError, StaleError
from pipeline.outcome import Outcome
from pipeline.report import Change, Finding, Report
from pipeline.stacks import NoStackError

CHANGE = Change(group="updated", token="aws:wafv2/webAcl:WebAcl", name="firewall-acl")
REFUSES = Finding(rule="r", resource="x", mandatory=True, message="m")


def run(*words: str) -> Any:
    return CliRunner().invoke(pipeline.__main__.app, list(words))


def opened(monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> None:
    @contextmanager
    def _opened(*_: object, **__: object) -> Iterator[None]:
        if error:
            raise error
        yield

    monkeypatch.setattr(pipeline.__main__, "_opened", _opened)


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plan.json").write_text("{}")
    opened(monkeypatch)


@pytest.mark.parametrize(
    ("report", "outputs", "code"),
    [
        (Report(stack="staging"), "changes=0\npassed=true\n", 0),
        (Report(stack="staging", changes=[CHANGE]), "changes=1\npassed=true\n", 0),
        (Report(stack="staging", findings=[REFUSES]), "changes=0\npassed=false\n", 1),
    ],
)
def test_a_preview_adds_its_outputs_to_those_of_the_job(
    monkeypatch: pytest.MonkeyPatch, report: Report, outputs: str, code: int
) -> None:
    monkeypatch.setattr(pipeline.__main__, "preview_stack", lambda *_, **__: report)
    Path("outputs").write_text("before=1\n")
    done = run("preview", "--stack", "staging", "--report", "r.json", "--outputs", "outputs")
    assert done.exit_code == code
    assert Path("outputs").read_text() == f"before=1\n{outputs}"


def test_a_stack_that_cannot_be_opened_is_a_report_of_its_preview(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened(monkeypatch, NoStackError("The backend has no stack staging."))
    done = run("preview", "--stack", "staging", "--report", "r.json")
    assert done.exit_code == 1
    assert Report.read(Path("r.json")).failure == "The backend has no stack staging."


def test_the_log_of_a_preview_has_every_line(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"role-{n:03}-{'x' * 300}" for n in range(400)]
    changes = [Change(group="created", token="aws:iam/role:Role", name=name) for name in names]
    report = Report(stack="staging", changes=changes)
    monkeypatch.setattr(pipeline.__main__, "preview_stack", lambda *_, **__: report)
    done = run("preview", "--stack", "staging", "--report", "r.json")
    assert all(name in done.output for name in names)


@pytest.mark.parametrize(
    ("raised", "result", "code"),
    [
        (HalfDoneError, outcome.FAILED, 1),
        (HalfDoneError, outcome.CANCELLED, 1),
        (RefusedError, outcome.REFUSED, 3),
        (StaleError, outcome.STALE, 4),
    ],
)
def test_the_exit_code_of_an_apply_says_how_it_ended(
    monkeypatch: pytest.MonkeyPatch, raised: Any, result: str, code: int
) -> None:
    def ends(*_: object) -> None:
        raise raised(Outcome(stack="staging", result=result, reasons=["This is why."]))

    monkeypatch.setattr(pipeline.__main__, "apply_plan", ends)
    done = run("apply", "--stack", "staging", "--plan", "plan.json")
    assert done.exit_code == code
    assert "This is why." in done.output


@pytest.mark.parametrize("error", [NoStackError("There is no such stack."), KeyError("x")])
def test_an_apply_that_cannot_open_its_stack_leaves_a_report(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    opened(monkeypatch, error)
    done = run("apply", "--stack", "staging", "--plan", "plan.json", "--report", "apply.json")
    found = Outcome.read(Path("apply.json"))
    assert (done.exit_code, found.result) == (3, outcome.REFUSED)
    assert str(error) in found.reasons[0]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("apply", "--plan", "plan.json", "--allow", "all"), "--allow is all; allowed: nothing"),
        (("apply", "--plan", "plan.json", "--report", "no/r.json"), "make it first"),
        (("preview", "--report", "r.json", "--outputs", "no/o"), "make it first"),
        (("preview", "--report", "r.json", "--base", "."), "--base is for --emulated"),
    ],
)
def test_a_wrong_option_is_one_sentence(words: tuple[str, ...], sentence: str) -> None:
    done = run(words[0], "--stack", "staging", *words[1:])
    assert done.exit_code == 2
    assert sentence in " ".join(done.output.split())


def test_a_comment_of_missing_reports_says_so_only_for_what_is_expected() -> None:
    Report(stack="staging").write(Path("report-staging.json"))
    both = ("--expect", "staging", "--expect", "production")
    done = run("comment", *both, "report-staging.json", "report-production.json")
    assert done.exit_code == 0
    assert "| production | **no report" in done.output
    assert run("comment", "report-production.json").exit_code == 2
    assert run("comment", *both, "--post", "report-staging.json").exit_code == 2
