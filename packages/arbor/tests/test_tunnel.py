"""Tunnels through a task, with a stand-in for AWS's plugin that forwards."""

import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from arbor.account import Account
from arbor.plugin import RESPONSE_VARIABLE
from arbor.procedure import Failed, Refused
from arbor.tunnel import tunnel
from ecs_world import client
from staging_fixtures import BACKEND, CLUSTER, FRONTEND, STACK

pytestmark = pytest.mark.usefixtures("staging")
PLUGIN = """#!{python}
import json, os, socket, sys
if sys.argv[1] == "--version":
    print("{version}")
    sys.exit()
with open(os.environ["SEEN"], "w") as seen:
    json.dump({{"arguments": sys.argv[1:], "answer": os.environ.get("{variable}")}}, seen)
{refuses}
requested = json.loads(sys.argv[5])["Parameters"]
listener = socket.create_server(("127.0.0.1", int(requested["localPortNumber"][0])))
while True:
    inside, _ = listener.accept()
    outside = socket.create_connection((requested["host"][0], int(requested["portNumber"][0])))
    inside.sendall(outside.recv(100))
    inside.close()
"""
SESSION = {"SessionId": "session-1", "TokenValue": "token-1", "StreamUrl": "wss://stream"}
TASK = {
    "taskArn": "arn:aws:ecs:us-east-1:123456789012:task/arbor-staging-cluster/abc",
    "enableExecuteCommand": True,
    "containers": [
        {
            "name": "backend",
            "runtimeId": "abc-1",
            "managedAgents": [{"name": "ExecuteCommandAgent", "lastStatus": "RUNNING"}],
        }
    ],
}
Plugin = Callable[..., Path]


class Ssm:
    """The session operations of Systems Manager."""

    meta = SimpleNamespace(region_name="us-east-1", endpoint_url="https://ssm.example")

    def __init__(self, refuses_to_end: str = "") -> None:
        self.requested: dict[str, Any] = {}
        self.ended: list[str] = []
        self.refuses_to_end = refuses_to_end

    def start_session(self, **requested: Any) -> dict[str, str]:
        self.requested = requested
        return SESSION

    def terminate_session(self, *, SessionId: str) -> None:  # noqa: N803 - AWS's name
        self.ended.append(SessionId)
        if self.refuses_to_end:
            error = {"Code": self.refuses_to_end, "Message": "no"}
            raise ClientError({"Error": error}, "TerminateSession")


class Ecs:
    """The emulated account's ECS with these tasks of the backend."""

    def __init__(self, *tasks: dict[str, Any]) -> None:
        self.tasks = {task["taskArn"]: task for task in tasks}

    def __getattr__(self, name: str) -> Any:
        return getattr(client("ecs"), name)

    def list_tasks(self, **requested: Any) -> dict[str, Any]:
        of_backend = (requested["cluster"], requested["serviceName"]) == (CLUSTER, BACKEND)
        return {"taskArns": [*self.tasks] if of_backend else []}

    def describe_tasks(self, *, tasks: list[str], **_: Any) -> dict[str, Any]:
        return {"tasks": [self.tasks[arn] for arn in tasks]}


def account(ssm: Ssm, *tasks: dict[str, Any]) -> Account:
    clients: dict[str, Any] = {"ecs": Ecs(*tasks), "ssm": ssm}
    return Account(stack=STACK, client=clients.__getitem__)


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Plugin:
    """Install a plugin on PATH; returns the file with its arguments."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))

    def install(version: str = "1.2.650.0", refuses: str = "") -> Path:
        program = tmp_path / "session-manager-plugin"
        program.write_text(
            PLUGIN.format(
                python=sys.executable, version=version, variable=RESPONSE_VARIABLE, refuses=refuses
            )
        )
        program.chmod(0o755)
        return tmp_path / "seen"

    return install


@pytest.fixture
def greeter() -> Iterator[int]:
    """A server in the VPC that greets each connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"hello")

    threading.Thread(target=serve, daemon=True).start()
    yield int(listener.getsockname()[1])
    listener.close()


def test_the_tunnel_reaches_the_host_and_ends_its_session(plugin: Plugin, greeter: int) -> None:
    plugin()
    ssm = Ssm()
    with (
        tunnel(account(ssm, TASK), "127.0.0.1", greeter) as port,
        socket.create_connection(("127.0.0.1", port)) as connection,
    ):
        assert connection.recv(10) == b"hello"
    assert ssm.requested["Target"] == "ecs:arbor-staging-cluster_abc_abc-1"
    assert ssm.requested["Parameters"]["portNumber"] == [str(greeter)]
    assert ssm.ended == ["session-1"]
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port))


@pytest.mark.parametrize(
    ("version", "hidden"), [("1.2.650.0", True), ("1.2.497.0", True), ("1.2.463.0", False)]
)
def test_the_token_is_hidden_from_ps(
    plugin: Plugin, greeter: int, version: str, hidden: bool
) -> None:
    seen = plugin(version)
    with tunnel(account(Ssm(), TASK), "127.0.0.1", greeter):
        called = json.loads(seen.read_text())
    answer, region, action, _, _, endpoint = called["arguments"]
    assert (answer == RESPONSE_VARIABLE) is hidden
    assert json.loads(called["answer"] if hidden else answer) == SESSION
    assert (region, action, endpoint) == ("us-east-1", "StartSession", "https://ssm.example")


@pytest.mark.parametrize(
    ("code", "warning"),
    [
        ("ValidationException", ""),
        ("DoesNotExistException", ""),
        ("AccessDeniedException", "session-1 was not ended: "),
    ],
)
def test_a_session_that_can_not_be_ended_is_a_warning(
    plugin: Plugin, greeter: int, capsys: pytest.CaptureFixture[str], code: str, warning: str
) -> None:
    plugin()
    ssm = Ssm(refuses_to_end=code)
    with tunnel(account(ssm, TASK), "127.0.0.1", greeter):
        pass
    assert ssm.ended == ["session-1"]
    output = capsys.readouterr().err
    assert output.startswith(warning)
    assert bool(output) is bool(warning)


def test_a_plugin_that_exits_is_a_failure_with_its_output(plugin: Plugin) -> None:
    plugin(refuses='sys.exit("TargetNotConnected")')
    ssm = Ssm()
    with (
        pytest.raises(Failed, match="TargetNotConnected"),
        tunnel(account(ssm, TASK), "127.0.0.1", 1),
    ):
        pass
    assert ssm.ended == ["session-1"]


def test_a_missing_plugin_is_refused_with_the_link_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    with (
        pytest.raises(Refused, match=r"not installed\. Install it: https"),
        tunnel(account(Ssm()), "h", 1),
    ):
        pass


def test_a_service_without_tasks_is_refused(plugin: Plugin) -> None:
    plugin()
    with (
        pytest.raises(Refused, match="arbor-staging-backend has 0 running tasks"),
        tunnel(account(Ssm()), "h", 1),
    ):
        pass


def test_a_stack_without_services_is_refused_with_the_first_steps(plugin: Plugin) -> None:
    plugin()
    for name in (BACKEND, FRONTEND):
        client("ecs").delete_service(cluster=CLUSTER, service=name, force=True)
    ssm = Ssm()
    with (
        pytest.raises(
            Refused, match=r"no service of staging\. Run `arbor migrate --stack staging`"
        ),
        tunnel(account(ssm, TASK), "h", 1),
    ):
        pass
    assert not ssm.requested


@pytest.mark.parametrize(
    "task",
    [
        {**TASK, "enableExecuteCommand": False},
        {**TASK, "containers": [{"name": "backend", "runtimeId": "abc-1"}]},
        {**TASK, "containers": [{"name": "sidecar", "runtimeId": "abc-1"}]},
    ],
    ids=["not enabled", "no agent", "another container"],
)
def test_a_task_without_ecs_exec_is_refused(plugin: Plugin, task: dict[str, Any]) -> None:
    plugin()
    ssm = Ssm()
    with (
        pytest.raises(Refused, match=r"ECS Exec runs in 0 of 1 task of"),
        tunnel(account(ssm, task), "h", 1),
    ):
        pass
    assert not ssm.requested
