"""`arbor cache warm`: by a command in a task of the emulated account, and by the endpoint."""

import http.server
import shlex
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ssm.models import ssm_backends
from typer.testing import CliRunner, Result

import plugin_stand_ins
from arbor.__main__ import app
from arbor.cache import endpoint, warm
from arbor.cache.endpoint import TOKEN, post
from programs import captured
from pulumi_moto.corrections.ssm_sessions import sessions
from staging_fixtures import BACKEND, DOMAIN, STACK, Staging

Install = Callable[[str], Path]


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a plugin that executes `does`; returns a file with one line per run."""
    return lambda does: plugin_stand_ins.install(tmp_path, monkeypatch, does)


def cache(*words: str) -> Result:
    return CliRunner().invoke(app, ["cache", "warm", "--stack", STACK, "--yes", *words])


def are_open() -> list[bool]:
    """Whether each started session is still open."""
    return list(sessions(ssm_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]).values())


@pytest.mark.usefixtures("backend_with_exec")
def test_the_command_reports_its_own_end(plugin: Install) -> None:
    runs = plugin(f"print('12 plans'); print({warm.DONE!r})")
    done = cache()
    assert done.exit_code == 0, done.output
    assert "  12 plans\n" in done.stdout
    assert "The cache of staging is warm." in done.stdout
    assert "SessionId" not in done.stdout
    assert runs.read_text() == "run\n"
    assert are_open() == [True], "the plugin ends it"


@pytest.mark.usefixtures("backend_with_exec")
@pytest.mark.parametrize(
    ("does", "words"),
    [
        ("print('Traceback'); print('ValueError: no plans')", "ValueError: no plans. Keys"),
        (f"print({warm.COMMAND!r})", "warm_cache failed in task"),
        ("pass", "no output"),
    ],
)
def test_any_other_output_is_a_failure(plugin: Install, does: str, words: str) -> None:
    plugin(does)
    done = cache()
    assert done.exit_code == 1
    assert words in done.stderr


@pytest.mark.usefixtures("backend_with_exec")
def test_a_command_that_times_out_has_its_session_terminated(
    plugin: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin("sys.stdout.flush(); os.read(0, 1)")
    monkeypatch.setattr("arbor.cache.warm.TEN_MINUTES", 0.5)
    done = cache()
    assert done.exit_code == 1
    assert "its session was terminated" in done.stderr
    assert are_open() == [False]


def test_without_ecs_exec_nothing_is_started(staging: Staging, plugin: Install) -> None:
    assert len(staging.history(BACKEND)) == 1, "as it was made, with ECS Exec off"
    runs = plugin(f"print({warm.DONE!r})")
    done = cache()
    assert done.exit_code == 3
    assert "ECS Exec runs in 0 of 2 tasks of arbor-staging-backend" in done.stderr
    assert runs.read_text() == ""


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_the_command_runs_in_python(tmp_path: Path, kind: str) -> None:
    module = tmp_path / "app" / "services" / "cached_plan_service.py"
    module.parent.mkdir(parents=True)
    module.write_text(f"{kind} warm_cache():\n    print('12 plans')\n")
    program, *words = shlex.split(warm.COMMAND)
    done = captured([sys.executable, *words], cwd=tmp_path, check=True)
    assert program == "python"
    assert done.stdout.splitlines() == ["12 plans", warm.DONE]
    module.write_text(f"{kind} warm_cache():\n    raise ValueError\n")
    done = captured([sys.executable, *words], cwd=tmp_path)
    assert warm.DONE not in done.stdout + done.stderr


class Site(http.server.BaseHTTPRequestHandler):
    """Answers with the status in the path and records each request's token."""

    seen: list[tuple[str, str, str | None]] = []  # noqa: RUF012 - one server a test, emptied by it

    def do_POST(self) -> None:
        self.seen.append((self.command, self.path, self.headers["Authorization"]))
        self.send_response(int(self.path[1:]))
        self.send_header("Location", "/200")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST  # noqa: N815 - the library's name

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    Site.seen.clear()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("status", [200, 202, 302, 307, 401, 500])
def test_the_token_is_sent_to_one_address_only(site: str, status: int) -> None:
    assert post(f"{site}/{status}", "a-token") == status
    assert Site.seen == [("POST", f"/{status}", "Bearer a-token")]


@pytest.mark.usefixtures("backend_with_exec")
@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (200, 0, "The cache of staging is warm."),
        (202, 0, "The cache of staging is warm."),
        (302, 1, "answers 302; omit --endpoint"),
        (403, 1, f"answers 403: it rejects {TOKEN}."),
        (500, 1, "answers 500; omit --endpoint"),
        (TimeoutError(), 1, "may still be working"),
        (ConnectionRefusedError("refused"), 1, "is unreachable: refused."),
    ],
)
def test_the_endpoints_status_decides_the_outcome(
    monkeypatch: pytest.MonkeyPatch, answer: int | OSError, code: int, words: str
) -> None:
    requested: list[str] = []

    def posted(address: str, _token: str) -> int:
        requested.append(address)
        if isinstance(answer, OSError):
            raise answer
        return answer

    monkeypatch.setenv(TOKEN, "a-secret-token")
    monkeypatch.setattr(endpoint, "post", posted)
    done = cache("--endpoint")
    assert done.exit_code == code, done.output
    assert words in done.output
    assert requested == [f"https://{DOMAIN}/api/v1/admin/cache/warm"]
    assert "a-secret-token" not in done.output


@pytest.mark.usefixtures("backend_with_exec")
@pytest.mark.parametrize(
    ("token", "words"), [("", "is not set"), ("a\nb", "printable ASCII"), ("é", "printable ASCII")]
)
def test_a_token_that_is_not_valid_in_a_header_is_refused(
    monkeypatch: pytest.MonkeyPatch, token: str, words: str
) -> None:
    monkeypatch.setenv(TOKEN, token)
    done = cache("--endpoint")
    assert done.exit_code == 3
    assert words in done.stderr
