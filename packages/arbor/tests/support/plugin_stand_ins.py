"""Stand-ins for the Session Manager plugin: one runs a command, one forwards a port."""

import os
import sys
from pathlib import Path

import pytest

TEXT = """#!{python}
import os, select, sys
if sys.argv[1] == "--version":
    print("1.2.650.0")
    sys.exit()
with open({runs!r}, "a") as runs:
    runs.write("run\\n")
print("\\nStarting session with SessionId: ecs-execute-command-1")
if select.select([sys.stdin], [], [], 0)[0] and not os.read(0, 1):
    sys.exit("Cannot perform start session: EOF")
{does}
print("\\n\\nExiting session with sessionId: ecs-execute-command-1.\\n")
"""

FORWARDS = """#!{python}
import json, socket, sys, threading
if sys.argv[1] == "--version":
    print("1.2.650.0")
    sys.exit()
requested = json.loads(sys.argv[5])["Parameters"]
assert requested["host"] == [{host!r}], requested
def pour(a, b):
    while data := a.recv(65536):
        b.sendall(data)
    b.shutdown(socket.SHUT_WR)
listener = socket.create_server(("127.0.0.1", int(requested["localPortNumber"][0])))
while True:
    inside, _ = listener.accept()
    outside = socket.create_connection(("127.0.0.1", {port}))
    for ends in ((inside, outside), (outside, inside)):
        threading.Thread(target=pour, args=ends, daemon=True).start()
"""


def forward(place: Path, patch: pytest.MonkeyPatch, host: str, port: int) -> None:
    """Put a plugin on PATH that forwards to local `port` in place of `host` in the VPC."""
    _install(place, patch, FORWARDS.format(python=sys.executable, host=host, port=port))


def install(place: Path, patch: pytest.MonkeyPatch, does: str) -> Path:
    """Put a plugin first on PATH; returns a file with a line per run."""
    runs = place / "runs"
    runs.write_text("")
    _install(place, patch, TEXT.format(python=sys.executable, runs=str(runs), does=does))
    return runs


def _install(place: Path, patch: pytest.MonkeyPatch, text: str) -> None:
    program = place / "session-manager-plugin"
    program.write_text(text)
    program.chmod(0o755)
    patch.setenv("PATH", str(place), prepend=os.pathsep)
