"""A process for the tasks of one deployment, or for one task without a service."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import application_process
from postgres_server import free_port
from serve.session_manager_plugin import TASKS
from serve.stores import HERE
from serve.switches import VARIABLE

STAND_IN = application_process.PLACE
MODULES = frozenset({"alembic", "gunicorn"})
STOPS_WITHIN = 60.0
IMAGES_WORKERS = 4
"""The path on the image's own command line."""


@dataclass(frozen=True, kw_only=True)
class Container:
    """The one container of a task definition, as ECS would start it."""

    name: str
    command: Sequence[str]
    """Empty for the image's own command."""
    environment: Mapping[str, str]
    """Including secrets."""
    log_group: str
    stream_prefix: str


@dataclass(kw_only=True)
class Process:
    """A process that writes to a file, of which every whole line is shipped once."""

    container: Container
    running: subprocess.Popen[bytes]
    port: int
    environment: Mapping[str, str]
    log: Path
    stream: str
    tasks: set[str] = field(default_factory=set)
    """The ARNs of its tasks."""
    _shipped: int = 0

    def lines(self) -> list[str]:
        """Whole lines since the last call."""
        with self.log.open("rb") as log:
            log.seek(self._shipped)
            new = log.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._shipped += len(whole)
        return [line for line in whole.decode(errors="replace").splitlines() if line]

    def answers(self) -> bool:
        """Whether its port accepts connections."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False

    def stop(self) -> None:
        """As ECS does: SIGTERM, a grace period, then SIGKILL."""
        if self.running.poll() is None:
            self.running.send_signal(signal.SIGTERM)

    def end(self) -> int:
        """Wait until it has stopped; returns its exit code."""
        try:
            return self.running.wait(timeout=STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(self.running.pid, signal.SIGKILL)
            return self.running.wait()


def start(
    container: Container,
    place: Path,
    *,
    log: Path,
    task: str,
    ports: Mapping[tuple[str, int], int],
    ca: Path,
) -> Process:
    """Start it with the container's own command and environment, on a free port.

    A store's endpoint becomes its local port; an unknown one stays and can't be resolved, as on
    AWS. `task` is the id in its log stream.
    """
    port = free_port()
    environment = {
        **application_process.machine_environment(ca),
        VARIABLE: str(place / "switches.json"),
        **_local(container.environment, ports),
        "PORT": str(port),
    }
    with log.open("wb") as output:
        running = subprocess.Popen(
            _command(container, port),
            cwd=STAND_IN,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Process(
        container=container,
        running=running,
        port=port,
        environment=environment,
        log=log,
        stream=f"{container.stream_prefix}/{container.name}/{task}",
    )


def describe(process: Process, place: Path, tasks: Sequence[Mapping[str, Any]]) -> None:
    """Write a file in which the plugin finds the process by the ids of its tasks."""
    directory = place / TASKS
    directory.mkdir(exist_ok=True)
    description = {"directory": str(STAND_IN), "environment": process.environment}
    arns = {task["taskArn"] for task in tasks}
    for arn in arns - process.tasks:
        (directory / f"{arn.rsplit('/', 1)[-1]}.json").write_text(json.dumps(description))
    process.tasks |= arns


def _command(container: Container, port: int) -> list[str]:
    if container.name == "frontend":
        return [sys.executable, str(STAND_IN / "frontend.py")]
    if not container.command:
        return application_process.command(port, IMAGES_WORKERS)
    command = list(container.command)
    if "--bind" in command:
        command[command.index("--bind") + 1] = f"127.0.0.1:{port}"
    if command[0] in MODULES:
        return [sys.executable, "-m", *command]
    return [sys.executable if command[0] == "python" else command[0], *command[1:]]


def _local(environment: Mapping[str, str], ports: Mapping[tuple[str, int], int]) -> dict[str, str]:
    found = dict(environment)
    for store in ("POSTGRES", "REDIS"):
        host, port = found.get(f"{store}_HOST"), found.get(f"{store}_PORT")
        if host is None or port is None:
            continue
        local = ports.get((host, int(port)))
        if local is not None:
            found |= {f"{store}_HOST": HERE, f"{store}_PORT": str(local)}
    return found
