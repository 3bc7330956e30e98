"""A port forwarded through ECS Exec to the database or the cache; the stack has no bastion.

https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-sessions-start.html
"""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from arbor import plugin
from arbor.account import Account
from arbor.ecs import exec_target
from arbor.plugin import PLUGIN
from arbor.procedure import Failed, Refused

Tunnel = Callable[[Account, str, int], AbstractContextManager[int]]
"""Forwards a port of this machine to a host and port of the VPC; yields the local port."""
DOCUMENT = "AWS-StartPortForwardingSessionToRemoteHost"
SECONDS = 20.0


@contextmanager
def tunnel(account: Account, host: str, port: int, *, local_port: int = 0) -> Iterator[int]:
    """Forward a port of this machine to `host`:`port` through a task of the backend.

    Raises Refused without a running task, without the plugin or when `local_port` is in use, and
    Failed when the plugin exits before it listens.
    """
    if local_port:
        _refuse_used(local_port)
    program = plugin.installed()
    listening = local_port or _free_port()
    target = exec_target.find(account).target
    parameters = {
        "host": [host],
        "portNumber": [str(port)],
        "localPortNumber": [str(listening)],
    }
    ssm = account.client("ssm")
    session = ssm.start_session(Target=target, DocumentName=DOCUMENT, Parameters=parameters)
    request = {"Target": target, "DocumentName": DOCUMENT, "Parameters": parameters}
    try:
        with plugin.running(program, ssm.meta, session, request) as process:
            _wait(process, listening)
            yield listening
    finally:
        plugin.end(ssm, session)


def _wait(process: subprocess.Popen[str], port: int) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            output = process.stdout.read().strip() if process.stdout else ""
            raise Failed(f"{PLUGIN} exited before it listened: {output or 'no output'}.")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise Failed(f"{PLUGIN} did not listen within {SECONDS:.0f} seconds.")


def _refuse_used(port: int) -> None:
    """Raises Refused: a client would take another program on the port for the tunnel."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Refused(f"Port {port} of this machine is in use; choose another.") from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
