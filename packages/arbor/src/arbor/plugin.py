"""AWS's session manager plugin, which connects to a task through a session of Systems Manager.

https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-sessions-start.html
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypedDict

from arbor import screen
from arbor.procedure import Refused

if TYPE_CHECKING:
    from botocore.client import ClientMeta
    from mypy_boto3_ssm import SSMClient

PLUGIN = "session-manager-plugin"
GET_PLUGIN = (
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/"
    "session-manager-working-with-install-plugin.html"
)
RESPONSE_VARIABLE = "AWS_SSM_START_SESSION_RESPONSE"
SINCE = (1, 2, 497, 0)
"""The first version that reads the session's token from a variable, hidden from `ps`."""
SECONDS = 20.0
ENDED = frozenset({"DoesNotExistException", "ValidationException"})
"""Error codes of terminate_session for a session that has ended."""
TIMES_OUT = "It times out after 20 idle minutes."


class Session(TypedDict):
    """Of Systems Manager, as start_session returns it."""

    SessionId: str
    TokenValue: str
    StreamUrl: str


def installed() -> str:
    """The plugin's path. Raises Refused, with the link to install it, if it is missing."""
    found = shutil.which(PLUGIN)
    if found is None:
        raise Refused(f"{PLUGIN} is not installed. Install it: {GET_PLUGIN}")
    return found


@contextmanager
def running(
    plugin: str, ssm: "ClientMeta", session: Session, request: Mapping[str, object]
) -> Iterator[subprocess.Popen[str]]:
    """Run the plugin in the block, with the arguments that the AWS CLI passes.

    `session` is start_session's response, `request` its parameters. Standard input stays open: at
    its end the plugin ends a session that runs a command.
    """
    response = json.dumps(
        {
            "SessionId": session["SessionId"],
            "TokenValue": session["TokenValue"],
            "StreamUrl": session["StreamUrl"],
        }
    )
    environment = {**os.environ}
    if _version(plugin) >= SINCE:
        environment[RESPONSE_VARIABLE] = response
        response = RESPONSE_VARIABLE
    profile = os.environ.get("AWS_PROFILE", "")
    arguments = [ssm.region_name, "StartSession", profile, json.dumps(request), ssm.endpoint_url]
    with subprocess.Popen(  # noqa: S603 - AWS's program, and no shell
        [plugin, response, *arguments],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # Ctrl-C goes to `arbor`, which then ends the session
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def end(ssm: "SSMClient", session: Session) -> None:
    """End a session, unless the plugin has ended it; an error is a warning, as the work is done."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

    try:
        ssm.terminate_session(SessionId=session["SessionId"])
    except ClientError as error:
        if error.response["Error"]["Code"] not in ENDED:
            screen.warn(f"{session['SessionId']} was not ended: {error}. {TIMES_OUT}")
    except BotoCoreError as error:
        screen.warn(f"{session['SessionId']} was not ended: {error}. {TIMES_OUT}")


def _version(plugin: str) -> tuple[int, ...]:
    done = subprocess.run(  # noqa: S603 - as above
        [plugin, "--version"], capture_output=True, text=True, check=False, timeout=SECONDS
    )
    found = re.match(r"(\d+(?:\.\d+)+)", done.stdout.strip())
    return tuple(int(part) for part in found[1].split(".")) if found else ()
