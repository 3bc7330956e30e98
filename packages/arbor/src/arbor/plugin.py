"""AWS's session manager plugin: it talks to a task through a session that the API has opened.

https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-sessions-start.html
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from arbor import screen
from arbor.procedure import Refused

if TYPE_CHECKING:
    from botocore.client import ClientMeta

PLUGIN = "session-manager-plugin"
GET_PLUGIN = (
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/"
    "session-manager-working-with-install-plugin.html"
)
BY_ENVIRONMENT = "AWS_SSM_START_SESSION_RESPONSE"
SINCE = (1, 2, 497, 0)
"""From this version on the plugin takes the session's token where `ps` doesn't show it."""
SECONDS = 20.0
ENDED = frozenset({"DoesNotExistException", "ValidationException"})
"""As Systems Manager answers to whoever ends a session that has ended."""
BY_ITSELF = "It ends by itself when nobody has used it for 20 minutes."


def installed() -> str:
    """Its path. Raises Refused, with where to get it, when there is none."""
    found = shutil.which(PLUGIN)
    if found is None:
        raise Refused(f"{PLUGIN} is not installed: {GET_PLUGIN}")
    return found


@contextmanager
def running(
    plugin: str, ssm: "ClientMeta", session: Mapping[str, str], asked: Mapping[str, Any]
) -> Iterator[subprocess.Popen[str]]:
    """The plugin with the arguments that the AWS CLI gives it, until the block ends.

    `session` has SessionId, TokenValue and StreamUrl; `asked` has at least the Target. Its standard
    input stays open, for at its end the plugin ends a session of a command at once.
    """
    answer = json.dumps({key: session[key] for key in ("SessionId", "TokenValue", "StreamUrl")})
    environment = {**os.environ}
    if _version(plugin) >= SINCE:
        environment[BY_ENVIRONMENT] = answer
        answer = BY_ENVIRONMENT
    profile = os.environ.get("AWS_PROFILE", "")
    more = [ssm.region_name, "StartSession", profile, json.dumps(asked), ssm.endpoint_url]
    with subprocess.Popen(  # noqa: S603 - a program of AWS's and arguments of ours
        [plugin, answer, *more],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # Ctrl-C is for the command; it then ends the session in order
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def end(ssm: Any, session: Mapping[str, str]) -> None:  # noqa: ANN401 - boto3 clients carry no types
    """End a session that the plugin may have ended itself; never fails, for the work is done."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

    try:
        ssm.terminate_session(SessionId=session["SessionId"])
    except ClientError as error:
        if error.response["Error"]["Code"] not in ENDED:
            screen.warn(f"{session['SessionId']} was not ended: {error}. {BY_ITSELF}")
    except BotoCoreError as error:
        screen.warn(f"{session['SessionId']} was not ended: {error}. {BY_ITSELF}")


def _version(plugin: str) -> tuple[int, ...]:
    done = subprocess.run(  # noqa: S603 - as above
        [plugin, "--version"], capture_output=True, text=True, check=False, timeout=SECONDS
    )
    found = re.match(r"(\d+(?:\.\d+)+)", done.stdout.strip())
    return tuple(int(part) for part in found[1].split(".")) if found else ()
