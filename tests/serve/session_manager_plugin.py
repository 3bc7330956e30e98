"""Plays AWS's session manager plugin: forwards a port, or runs a command as in a task.

It is started as the AWS CLI and `arbor` start the real one, and imports the standard library alone.
https://github.com/aws/session-manager-plugin/blob/mainline/src/sessionmanagerplugin-main/main.go
"""

import base64
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

VERSION = "1.2.650.0"
WAYS, TASKS = "ways.json", "tasks"
"""The served application's files: ports by `host:port`, and a directory of tasks."""
CHUNK = 65536


def main(place: Path, arguments: list[str]) -> int:
    """Run the plugin; returns its exit code. `arguments` are those of the command line."""
    if arguments[0] == "--version":
        sys.stdout.write(f"{VERSION}\n")
        return 0
    session = json.loads(os.environ.get(arguments[0], arguments[0]))
    requested = json.loads(arguments[4])
    sys.stdout.write(f"\nStarting session with SessionId: {session['SessionId']}\n")
    sys.stdout.flush()
    if "Parameters" in requested:
        return _forward(place, requested["Parameters"])
    code = _run(place, requested["Target"], base64.b64decode(session["TokenValue"]).decode())
    sys.stdout.write(f"\n\nExiting session with sessionId: {session['SessionId']}.\n\n")
    return code


def _forward(place: Path, parameters: dict[str, list[str]]) -> int:
    wanted = f"{parameters['host'][0]}:{parameters['portNumber'][0]}"
    port = json.loads((place / WAYS).read_text()).get(wanted)
    if port is None:
        sys.stdout.write(f"Cannot perform start session: {wanted} leads nowhere\n")
        return 1
    # The AWS CLI ignores Ctrl-C while it waits, and a child inherits that.
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    listener = socket.create_server(("127.0.0.1", int(parameters["localPortNumber"][0])))
    while True:
        inside, _ = listener.accept()
        try:
            outside = socket.create_connection(("127.0.0.1", port))
        except OSError:
            inside.close()
            continue
        for ends in ((inside, outside), (outside, inside)):
            threading.Thread(target=_pour, args=ends, daemon=True).start()


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(CHUNK):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


def _run(place: Path, target: str, command: str) -> int:
    """Run in the directory and with the environment of the task's process, as ECS Exec does."""
    file = place / TASKS / f"{target.split('_')[-2]}.json"
    if not file.is_file():
        sys.stdout.write(f"Cannot perform start session: {target} has no process\n")
        return 1
    task: dict[str, Any] = json.loads(file.read_text())
    program, *words = shlex.split(command)
    program = sys.executable if program == "python" else program
    done = subprocess.run(
        [program, *words], cwd=task["directory"], env=task["environment"], check=False
    )
    return done.returncode
