"""A way to the database and the cache through a running task: no bastion, no public address.

https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-sessions-start.html
"""

import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import naming
from operations.account import APPS, Account
from operations.procedure import Failed, Refused

if TYPE_CHECKING:
    from botocore.client import ClientMeta

Tunnel = Callable[[Account, str, int], AbstractContextManager[int]]
"""Opens the way to a host and port of the VPC; gives the port on this machine."""
DOCUMENT = "AWS-StartPortForwardingSessionToRemoteHost"
PLUGIN = "session-manager-plugin"
GET_PLUGIN = (
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/"
    "session-manager-working-with-install-plugin.html"
)
BY_ENVIRONMENT = "AWS_SSM_START_SESSION_RESPONSE"
SINCE = (1, 2, 497, 0)
"""From this version on the plugin takes the session's token where `ps` doesn't show it."""
SECONDS = 20.0


@contextmanager
def tunnel(account: Account, host: str, port: int, *, local_port: int = 0) -> Iterator[int]:
    """Lead a port of this machine to `host`:`port`, as the backend's tasks reach it.

    Raises Refused when there is no task to go through, no plugin, or somebody at `local_port`, and
    Failed when the plugin ends before it listens.
    """
    if local_port:
        _must_be_free(local_port)
    plugin = shutil.which(PLUGIN)
    if plugin is None:
        raise Refused(f"{PLUGIN} is not installed: {GET_PLUGIN}")
    listening = local_port or _free_port()
    target = _target(account)
    parameters = {
        "host": [host],
        "portNumber": [str(port)],
        "localPortNumber": [str(listening)],
    }
    ssm = account.client("ssm")
    session = ssm.start_session(Target=target, DocumentName=DOCUMENT, Parameters=parameters)
    asked = {"Target": target, "DocumentName": DOCUMENT, "Parameters": parameters}
    try:
        with _running(plugin, ssm.meta, session, asked) as process:
            _wait(process, listening)
            yield listening
    finally:
        # The plugin has ended it already, unless it was killed.
        with suppress(ssm.exceptions.DoesNotExistException):
            ssm.terminate_session(SessionId=session["SessionId"])


def _target(account: Account) -> str:
    ecs, name = account.client("ecs"), naming.service(account.stack, APPS[0])
    arns = ecs.list_tasks(cluster=account.cluster, serviceName=name, desiredStatus="RUNNING")
    if not arns["taskArns"]:
        raise Refused(f"No task of {name} runs, and the way in leads through one.")
    found = ecs.describe_tasks(cluster=account.cluster, tasks=arns["taskArns"])["tasks"]
    for task in found:
        for container in task.get("containers", []):
            if container["name"] == APPS[0] and _can_be_entered(task, container):
                short = task["taskArn"].rsplit("/", 1)[-1]
                return f"ecs:{account.cluster}_{short}_{container['runtimeId']}"
    raise Refused(
        f"ECS Exec runs in none of the {len(found)} tasks of {name}: it is on in tasks that were "
        f"started after it was enabled; `aws ecs update-service --cluster {account.cluster} "
        f"--service {name} --force-new-deployment` starts new ones."
    )


def _can_be_entered(task: dict[str, Any], container: dict[str, Any]) -> bool:
    agents = {agent["name"]: agent["lastStatus"] for agent in container.get("managedAgents", [])}
    return bool(
        task.get("enableExecuteCommand")
        and container.get("runtimeId")
        and agents.get("ExecuteCommandAgent") == "RUNNING"
    )


@contextmanager
def _running(
    plugin: str,
    meta: "ClientMeta",
    session: dict[str, Any],
    asked: dict[str, Any],
) -> Iterator[subprocess.Popen[str]]:
    """The plugin with the arguments that the AWS CLI gives it."""
    answer = json.dumps({key: session[key] for key in ("SessionId", "TokenValue", "StreamUrl")})
    environment = {**os.environ}
    if _version(plugin) >= SINCE:
        environment[BY_ENVIRONMENT] = answer
        answer = BY_ENVIRONMENT
    profile = os.environ.get("AWS_PROFILE", "")
    more = [meta.region_name, "StartSession", profile, json.dumps(asked), meta.endpoint_url]
    with subprocess.Popen(  # noqa: S603 - a program of AWS's and arguments of ours
        [plugin, answer, *more],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # Ctrl-C is for the command; it then ends the session in order
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def _version(plugin: str) -> tuple[int, ...]:
    done = subprocess.run(  # noqa: S603 - as above
        [plugin, "--version"], capture_output=True, text=True, check=False, timeout=SECONDS
    )
    found = re.match(r"(\d+(?:\.\d+)+)", done.stdout.strip())
    return tuple(int(part) for part in found[1].split(".")) if found else ()


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
