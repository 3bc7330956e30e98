"""The pipeline's command line: options, outputs and exit codes; no stack is opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import pipeline.__main__
import pipeline.adopt.command
import pipeline.operate.command
from engine import stack_file
from pipeline import github
from pipeline.apply import outcome
from pipeline.apply.apply import HalfDoneError, RefusedError, StaleError
from pipeline.apply.outcome import Outcome
from pipeline.report.report import Change, Finding, Report
from pipeline.repository.reviewers import UnreviewedError
from pipeline.stacks import AnotherAccountError, NoStackError, WrongRegionError

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
    Path("plan.json").write_text('{"resourcePlans": {}}')
    opened(monkeypatch)


@pytest.mark.parametrize(
    ("report", "outputs", "code"),
    [
        (Report(stack="staging"), "changes=0\npassed=true\n", 0),
        (Report(stack="staging", changes=[CHANGE]), "changes=1\npassed=true\n", 0),
        (Report(stack="staging", findings=[REFUSES]), "changes=0\npassed=false\n", 1),
    ],
)
def test_a_preview_appends_its_outputs_to_the_jobs(
    monkeypatch: pytest.MonkeyPatch, report: Report, outputs: str, code: int
) -> None:
    monkeypatch.setattr(pipeline.__main__, "preview_stack", lambda *_, **__: report)
    Path("outputs").write_text("before=1\n")
    done = run("preview", "--stack", "staging", "--report", "r.json", "--outputs", "outputs")
    assert done.exit_code == code
    assert Path("outputs").read_text() == f"before=1\n{outputs}"


def test_a_stack_that_cannot_be_opened_is_reported_by_preview(
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
def test_an_apply_has_an_exit_code_for_each_outcome(
    monkeypatch: pytest.MonkeyPatch, raised: Any, result: str, code: int
) -> None:
    def ends(*_: object) -> None:
        raise raised(Outcome(stack="staging", result=result, reasons=["This is why."]))

    monkeypatch.setattr(pipeline.__main__, "apply_plan", ends)
    done = run("apply", "--stack", "staging", "--plan", "plan.json")
    assert done.exit_code == code
    assert "This is why." in done.output


@pytest.mark.parametrize(
    ("error", "code", "result"),
    [
        (NoStackError("The backend has no stack staging."), 1, outcome.FAILED),
        (KeyError("x"), 1, outcome.FAILED),
        (WrongRegionError("AWS_REGION is eu-west-1."), 2, outcome.REFUSED),
        (AnotherAccountError("The credentials are of another account."), 3, outcome.REFUSED),
        (UnreviewedError("The environment has no reviewers."), 3, outcome.REFUSED),
    ],
)
def test_an_apply_that_cannot_open_its_stack_leaves_a_report(
    monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, result: str
) -> None:
    opened(monkeypatch, error)
    done = run("apply", "--stack", "staging", "--plan", "plan.json", "--report", "apply.json")
    found = Outcome.read(Path("apply.json"))
    assert (done.exit_code, found.result) == (code, result)
    assert str(error) in found.reasons[0]
    assert "staging was not changed." in done.output


@pytest.mark.parametrize("command", ["preview", "operate", "adopt"])
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NoStackError("This is why."), 1),
        (WrongRegionError("This is why."), 2),
        (AnotherAccountError("This is why."), 3),
    ],
)
def test_a_stack_that_cannot_be_opened_is_one_sentence_and_its_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    error: NoStackError,
    code: int,
) -> None:
    def in_aws(_stack: str) -> None:
        raise error

    opened(monkeypatch, error)
    for module in (pipeline.operate.command, pipeline.adopt.command):
        monkeypatch.setattr(module, "in_aws", in_aws)
    words = {"preview": ["--report", "r.json"], "operate": ["refresh"], "adopt": []}[command]
    monkeypatch.setattr("sys.argv", ["pipeline", command, *words, "--stack", "staging"])
    with pytest.raises(SystemExit) as ended:
        pipeline.__main__.main()
    assert ended.value.code == code
    printed = capsys.readouterr()
    assert "This is why." in printed.out + printed.err


STACK_COMMANDS: dict[str, tuple[str, ...]] = {
    "preview": ("--report", "r.json"),
    "apply": ("--plan", "plan.json"),
    "result": ("--report", "r.json"),
    "bootstrap": (),
    "operate": ("refresh",),
    "adopt": (),
    "where": (),
    "newest": ("--commit", "1", "--report", "r.json"),
    "again": ("--report", "r.json"),
    "supersede": (),
}


def test_every_command_with_a_stack_is_tested() -> None:
    commands = typer.main.get_command(pipeline.__main__.app).commands  # type: ignore[attr-defined] # a group
    found = {name for name, one in commands.items() if any("--stack" in p.opts for p in one.params)}
    assert found == set(STACK_COMMANDS)


@pytest.mark.parametrize("github", ["true", "false"])
@pytest.mark.parametrize("command", STACK_COMMANDS)
def test_an_unknown_stack_gets_the_same_message_everywhere(
    monkeypatch: pytest.MonkeyPatch, command: str, github: str
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", github)
    done = run(command, *STACK_COMMANDS[command], "--stack", "nope")
    assert done.exit_code == 2
    assert done.stderr == "There is no stack nope; choose one of production, staging.\n"
    assert done.stdout == ""


@pytest.mark.parametrize("command", [*STACK_COMMANDS, "github"])
@pytest.mark.parametrize("content", ["", "config:\n", "- 1\n", "config: [\n"])
def test_a_broken_stack_file_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, content: str
) -> None:
    (tmp_path / "Pulumi.staging.yaml").write_text(content)
    monkeypatch.setattr(stack_file, "PROJECT_DIR", tmp_path)
    words = () if command == "github" else (*STACK_COMMANDS[command], "--stack", "staging")
    done = run(command, *words)
    assert done.exit_code == 2
    assert done.stderr.startswith("Pulumi.staging.yaml ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("apply", "--plan", "plan.json", "--allow", "all"), "--allow is all; allowed: nothing"),
        (("apply", "--plan", "plan.json", "--report", "no/r.json"), "create it first"),
        (("preview", "--report", "r.json", "--outputs", "no/o"), "create it first"),
        (("preview", "--report", "r.json", "--base", "."), "--base requires --emulated"),
        (("preview", "--report", "."), "is a directory; name a file in it."),
        (("preview", "--report", "r.json", "--plan", "."), "is a directory; name a file in it."),
        (("preview", "--report", "r.json", "--outputs", "."), "is a directory; name a file in it."),
        (("apply", "--plan", "plan.json", "--report", "."), "is a directory; name a file in it."),
        (("apply", "--plan", "."), "can't be read (Is a directory)."),
    ],
)
def test_a_wrong_option_is_one_sentence_before_any_work(
    words: tuple[str, ...], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(monkeypatch, AssertionError("the stack is opened"))
    done = run(words[0], "--stack", "staging", *words[1:])
    assert done.exit_code == 2
    assert sentence in " ".join(done.output.split())
    assert [file.name for file in Path().iterdir()] == ["plan.json"]


@pytest.mark.parametrize("text", ["# Arbor", "{}", "[]", '{"resourcePlans": []}'])
def test_an_invalid_plan_is_refused_before_the_stack_is_opened(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(monkeypatch, AssertionError("the stack is opened"))
    Path("README.md").write_text(text)
    done = run("apply", "--stack", "staging", "--plan", "README.md", "--report", "r.json")
    assert done.exit_code == 2
    assert done.output.endswith(
        "README.md is not an update plan; `python -m pipeline preview --plan` writes one.\n"
    )
    assert Outcome.read(Path("r.json")).result == outcome.REFUSED


def test_missing_reports_are_commented_only_if_expected() -> None:
    Report(stack="staging").write(Path("report-staging.json"))
    both = ("--expect", "staging", "--expect", "production")
    done = run("comment", *both, "report-staging.json", "report-production.json")
    assert done.exit_code == 0
    assert "| production | **no report" in done.output
    assert run("comment", "report-production.json").exit_code == 2
    assert run("comment", *both, "--post", "report-staging.json").exit_code == 2


def test_an_unreadable_report_hides_no_other_row() -> None:
    Report(stack="staging").write(Path("report-staging.json"))
    Path("report-production.json").write_text('{"stack"')
    both = ("--expect", "staging", "--expect", "production")
    done = run("comment", *both, "report-staging.json", "report-production.json")
    assert done.exit_code == 1
    assert "| staging | **no change**" in done.stdout
    assert "| production | **unreadable report**" in done.stdout
    assert done.stdout.count("| production |") == 1
    assert "report-production.json is not a report of" in done.stderr


def test_a_single_report_belongs_to_the_single_expected_stack() -> None:
    Path("report.json").write_text("[]")
    done = run("comment", "--expect", "staging", "report.json")
    assert (done.exit_code, "| staging | **unreadable report" in done.stdout) == (1, True)


def test_the_comment_is_posted_with_a_broken_report(monkeypatch: pytest.MonkeyPatch) -> None:
    posted: list[str] = []

    class Here:
        def keep_comment(self, number: int, _marker: str, text: str) -> str:
            posted.append(text)
            return f"https://pull/{number}"

    monkeypatch.setattr(github, "of_this_job", Here)
    Report(stack="staging").write(Path("staging.json"))
    Path("production.json").write_text("{}")
    done = run("comment", "--post", "--pull-request", "7", "staging.json", "production.json")
    assert done.exit_code == 1
    assert "| production.json | **unreadable report**" in posted[0]


def test_a_report_of_apply_is_refused_with_the_right_command() -> None:
    Outcome(stack="staging", result=outcome.DONE).write(Path("applied.json"))
    done = run("comment", "applied.json")
    assert done.exit_code == 2
    assert done.stderr.endswith("is an apply's report; use `python -m pipeline result`.\n")


@pytest.mark.parametrize("number", ["0", "-1"])
def test_a_pull_request_number_is_1_or_more(number: str) -> None:
    Report(stack="staging").write(Path("r.json"))
    assert run("comment", "--pull-request", number, "r.json").exit_code == 2


@pytest.mark.parametrize(
    "words",
    [
        ("comment", "--post", "--pull-request", "7", "r.json"),
        ("issue", "--post", "--expect", "staging", "r.json"),
        ("result", "--post", "--stack", "staging", "--report", "gone.json"),
        ("newest", "--stack", "staging", "--commit", "c", "--report", "n.json"),
        ("supersede", "--stack", "staging"),
    ],
    ids=lambda words: words[0],
)
def test_outside_of_a_workflow_every_command_exits_alike(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Report(stack="staging", drift=[]).write(Path("r.json"))
    for name in ("GITHUB_REPOSITORY", "GITHUB_TOKEN", "GITHUB_RUN_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.argv", ["pipeline", *words])
    with pytest.raises(SystemExit) as ended:
        pipeline.__main__.main()
    response = capsys.readouterr().err
    assert ended.value.code == 2
    assert "is not set: " in response
    assert "Traceback" not in response
