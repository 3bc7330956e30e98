"""`arbor logs SERVICE`: options, output and exit codes."""

from datetime import timedelta
from typing import Any

import pytest

from arbor.logs.line import Line
from log_fixtures import DAYS, GROUP, documents, operate, put

ERROR = {"level": "ERROR", "message": "no plan", "customer_id": "abc123", "duration": 2500}
INFO = {"level": "INFO", "message": "a plan", "customer_id": "abc123", "duration": 80}
OTHER = {"level": "INFO", "message": "a plan", "customer_id": 'x"*', "duration": 2001}
TEXT = "[CRITICAL] WORKER TIMEOUT \x1b[31m"

pytestmark = pytest.mark.usefixtures("logged")


def test_lines_have_time_level_and_message() -> None:
    put(INFO, TEXT)
    done = operate("logs", "backend")
    assert done.exit_code == 0, done.output
    first, second = done.stdout.splitlines()
    assert first.endswith("Z INFO    a plan customer_id=abc123 duration=80")
    assert second.endswith(r"Z [CRITICAL] WORKER TIMEOUT \x1b[31m")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), [ERROR, INFO, OTHER, TEXT]),
        (("--errors",), [ERROR, TEXT]),
        (("--customer", "abc123"), [ERROR, INFO]),
        (("--customer", 'x"*'), [OTHER]),
        (("--customer", "abc*"), []),
        (("--slower-than", "2000"), [ERROR, OTHER]),
        (("--slower-than", "2001"), [ERROR]),
        (("--customer", "abc123", "--slower-than", "100"), [ERROR]),
        (("--customer", 'x"*', "--errors"), []),
        (("--errors", "--limit", "1"), [TEXT]),
    ],
)
def test_options_select_lines(words: tuple[str, ...], found: list[object]) -> None:
    put(ERROR, INFO, OTHER, TEXT)
    done = operate("logs", "backend", "--json", *words)
    assert done.exit_code == 0, done.output
    assert [one["line"] for one in documents(done)] == found


def test_each_line_is_a_json_document() -> None:
    put(INFO)
    (one,) = documents(operate("logs", "backend", "--json"))
    assert set(one) == {"time", "stream", "id", "line"}
    assert one["stream"] == "backend/backend/1"


def test_a_limit_that_cuts_lines_is_a_warning() -> None:
    put("one", "two", "three")
    done = operate("logs", "backend", "--limit", "2")
    assert [line.split()[-1] for line in done.stdout.splitlines()] == ["two", "three"]
    assert "Only the newest 2 lines" in done.stderr
    assert "Only" not in operate("logs", "backend", "--limit", "3").stderr


def test_no_line_is_a_warning() -> None:
    put("old", ago=timedelta(minutes=31))
    done = operate("logs", "backend")
    assert (done.exit_code, done.stdout) == (0, "")
    assert f"{GROUP} has no line since 20" in done.stderr
    assert "has no matching line since" in operate("logs", "backend", "--errors").stderr
    assert operate("logs", "backend", "--since", "1h").stdout.split()[-1] == "old"


def test_a_period_longer_than_the_retention_is_a_warning() -> None:
    done = operate("logs", "backend", "--since", f"{DAYS + 1}d")
    assert done.exit_code == 0
    assert f"{GROUP} keeps {DAYS} days; lines before" in done.stderr
    assert "keeps" not in operate("logs", "backend", "--since", f"{DAYS}d").stderr


@pytest.mark.parametrize("words", [(), ("--since", "2d"), ("--follow",)])
def test_a_missing_log_group_exits_3(words: tuple[str, ...]) -> None:
    done = operate("logs", "frontend", *words)
    assert done.exit_code == 3
    assert "There is no log group /ecs/arbor-staging/frontend; run `pulumi up`" in done.stderr


def test_ctrl_c_ends_follow_with_0(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def show(line: Line) -> None:
        seen.append(line.text)
        raise KeyboardInterrupt

    def printer(**_: Any) -> Any:
        return show

    monkeypatch.setattr("arbor.logs.commands.printer", printer)
    put("one")
    done = operate("logs", "backend", "--follow")
    assert (done.exit_code, seen) == (0, ["one"])
    assert f"following {GROUP}; press Ctrl-C to stop" in done.stderr
    assert "Stopped" not in done.stderr
