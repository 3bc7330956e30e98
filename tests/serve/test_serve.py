"""Output and refusals of `make serve`, and the parts that play AWS's machines."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from certificate_authority import authority
from programs import captured
from serve import __main__ as command
from serve import switches
from serve.edge import Edge, Routes, Rule, rule
from serve.relay import Relay
from serve.switches import Store, Switches

HOST = "arbor.test"


def application(function: Any) -> typer.Typer:
    made = typer.Typer()
    made.command()(function)
    return made


def test_the_lines_prepend_its_programs_to_path() -> None:
    printed = "\n".join(command.lines({"PATH": "/programs", "AWS_REGION": "us-east-1"}))
    received = captured(
        ["bash", "-c", f'{printed}\necho "$PATH $AWS_REGION"'],
        env={"PATH": "/usr/bin:/bin"},
        check=True,
    )
    assert received.stdout == "/programs:/usr/bin:/bin us-east-1\n"


def test_without_redis_the_install_command_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redis_server.PROGRAM", None)
    done = CliRunner().invoke(application(command.serve), ["--stack", "staging"])
    assert (done.exit_code, done.stdout) == (3, "")
    assert "apt-get install postgresql redis-server" in done.stderr
    assert "python -m tools.emulated serve --stack staging" in done.stderr


def test_an_unknown_stack_is_wrong_usage() -> None:
    done = CliRunner().invoke(application(command.serve), ["--stack", "qa"])
    assert done.exit_code == 2
    assert "choose one of production, staging" in done.stderr


def test_switches_are_written_atomically_and_no_option_resets_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "switches.json"
    Switches().write(file)
    monkeypatch.setenv(switches.VARIABLE, str(file))
    run, stand_in = CliRunner().invoke, application(switches.switch)
    assert run(stand_in, ["--slow", "2.5", "--failing", "--without", "cache"]).exit_code == 0
    wanted = Switches(slow=2.5, failing=True, without=(Store.CACHE,))
    assert switches.read(file) == wanted
    assert json.loads(file.read_text())["slow"] == 2.5, "which the application reads"
    assert run(stand_in, ["--without", "queue"]).exit_code == 2
    assert run(stand_in, ["--slow", "-1"]).exit_code == 2
    assert switches.read(file) == wanted
    assert run(stand_in, []).exit_code == 0
    assert switches.read(file) == Switches()
    monkeypatch.delenv(switches.VARIABLE)
    refused = run(stand_in, ["--failing"])
    assert refused.exit_code == 3
    assert "run `make serve`, and eval the lines" in refused.stderr


@pytest.fixture
def echo() -> Iterator[int]:
    """A port that returns its input."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(end: socket.socket) -> None:
        with end:
            while data := end.recv(100):
                end.sendall(data)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=[listener.accept()[0]], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield int(listener.getsockname()[1])
    listener.close()


def received(end: socket.socket) -> bytes:
    """The response; empty if the connection ends."""
    with suppress(OSError):
        end.sendall(b"x")
        return end.recv(1)
    return b""


def test_a_closed_relay_ends_open_and_new_connections(echo: int) -> None:
    relay = Relay(echo)
    address = ("127.0.0.1", relay.port)
    with socket.create_connection(address, timeout=10) as held:
        assert received(held) == b"x"
        relay.set_open(is_open=False)
        assert received(held) == b""
        with socket.create_connection(address, timeout=10) as another:
            assert received(another) == b""
        relay.set_open(is_open=True)
        with socket.create_connection(address, timeout=10) as again:
            assert received(again) == b"x"
    relay.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=10)


def forwarding(conditions: list[dict[str, Any]], **weights: int) -> dict[str, Any]:
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()]
    action = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
    return {"Conditions": conditions, "Actions": [action]}


IS_HOST = {"Field": "host-header", "HostHeaderConfig": {"Values": [HOST]}}
IS_API = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*"]}}


def test_a_request_goes_to_the_colour_with_the_weight(tmp_path: Path) -> None:
    edge = Edge(authority(tmp_path))
    api, pages = forwarding([IS_HOST, IS_API], blue=0, green=100), forwarding([IS_HOST], pages=1)
    rules = (rule(api), rule(pages), Rule(status=404))
    assert edge.certificate(HOST) is None, "no rule has the host yet"
    edge.set_routes(Routes(rules=rules, ports={"blue": (1,), "green": (2,), "pages": ()}))
    assert edge.certificate(HOST) is not None
    assert edge.certificate("example.com") is None
    assert edge.port(HOST, "/api/v1/plans") == ("green", 2, 200)
    assert edge.port(HOST, "/") == ("", None, 503), "no target is healthy"
    assert edge.port("green.arbor.test", "/api/v1/plans") == ("", None, 404)


@pytest.mark.parametrize(
    "held",
    [
        forwarding([{"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}}], blue=1),
        {"Conditions": [], "Actions": [{"Type": "authenticate-oidc"}]},
    ],
)
def test_an_unsupported_rule_is_reported(held: dict[str, Any]) -> None:
    with pytest.raises(NotImplementedError, match="is not served"):
        rule(held)
