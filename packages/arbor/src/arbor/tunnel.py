"""A way to the database and the cache through a running task: no bastion, no public address.

https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-sessions-start.html
"""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from arbor import plugin
from arbor.account import Account
from arbor.ecs import entrance
from arbor.plugin import PLUGIN
from arbor.procedure import Failed, Refused

Tunnel = Callable[[Account, str, int], AbstractContextManager[int]]
"""Opens the way to a host and port of the VPC; gives the port on this machine."""
DOCUMENT = "AWS-StartPortForwardingSessionToRemoteHost"
SECONDS = 20.0


@contextmanager
def tunnel(account: Account, host: str, port: int, *, local_port: int = 0) -> Iterator[int]:
    """Lead a port of this machine to `host`:`port`, as the backend's tasks reach it.

    Raises Refused when there is no task to go through, no plugin, or somebody at `local_port`, and
    Failed when the plugin ends before it listens.
    """
    if local_port:
        _must_be_free(local_port)
    program = plugin.installed()
    listening = local_port or _free_port()
    target = entrance.find(account).target
    parameters = {
        "host": [host],
        "portNumber": [str(port)],
        "localPortNumber": [str(listening)],
    }
    ssm = account.client("ssm")
    session = ssm.start_session(Target=target, DocumentName=DOCUMENT, Parameters=parameters)
    asked = {"Target": target, "DocumentName": DOCUMENT, "Parameters": parameters}
    try:
        with plugin.running(program, ssm.meta, session, asked) as process:
            _wait(process, listening)
            yield listening
    finally:
        plugin.end(ssm, session)


def _wait(process: subprocess.Popen[str], port: int) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            said = process.stdout.read().strip() if process.stdout else ""
            raise Failed(f"{PLUGIN} ended before it listened: {said or 'without a word'}.")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise Failed(f"{PLUGIN} did not listen within {SECONDS:.0f} seconds.")


def _must_be_free(port: int) -> None:
    """Whoever listens there would be taken for the way in."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Refused(f"Port {port} of this machine is taken; name another.") from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
