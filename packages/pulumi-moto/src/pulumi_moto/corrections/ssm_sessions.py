"""Systems Manager: the API of sessions; the stream's address is closed.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartSession.html
"""

import json
import re
import secrets

from moto.core.responses import ActionResult
from moto.ecs.models import ecs_backends
from moto.ssm.exceptions import SSMException, ValidationException
from moto.ssm.models import SimpleSystemManagerBackend
from moto.ssm.responses import SimpleSystemManagerResponse

from pulumi_moto.correction import corrects
from pulumi_moto.ecs import tasks

ABSENT = "is not implemented"
SESSIONS = "sessions"
"""An attribute added to moto's backend: whether each started session is open."""
TARGET = re.compile(r"ecs:(?P<cluster>[^_]+)_(?P<task>[^_]+)_(?P<runtime>[^_]+)")
FORWARDING = {
    "AWS-StartPortForwardingSession": {"portNumber"},
    "AWS-StartPortForwardingSessionToRemoteHost": {"host", "portNumber"},
}
"""Required parameters of the port forwarding documents."""
DOCUMENTS = {"SSM-SessionManagerRunShell", "AWS-StartInteractiveCommand", *FORWARDING}


class InvalidDocumentError(SSMException):
    """The document does not exist."""

    def __init__(self, name: str) -> None:
        super().__init__("InvalidDocument", f"Document with name {name} does not exist.")


class TargetNotConnectedError(SSMException):
    """The target has no running agent."""

    def __init__(self, target: str) -> None:
        super().__init__("TargetNotConnected", f"{target} is not connected.")


def sessions(backend: SimpleSystemManagerBackend) -> dict[str, bool]:
    held: dict[str, bool] = backend.__dict__.setdefault(SESSIONS, {})
    return held


@corrects(
    SimpleSystemManagerResponse,
    moto=ABSENT,
    aws="opens a session to a container with a running ECS Exec agent",
)
def start_session(original: None, self: SimpleSystemManagerResponse) -> ActionResult:
    document = self._get_param("DocumentName") or "SSM-SessionManagerRunShell"
    if document not in DOCUMENTS:
        raise InvalidDocumentError(document)
    given = self._get_param("Parameters") or {}
    missing = sorted(FORWARDING.get(document, set()) - given.keys())
    if missing:
        raise SSMException(
            "InvalidParameters", f"Parameters {json.dumps(missing)} of {document} have no value."
        )
    target = self._get_param("Target")
    if not _is_connected(self, target):
        raise TargetNotConnectedError(target)
    session = f"operator-{secrets.token_hex(8)}"
    sessions(self.ssm_backend)[session] = True
    return ActionResult(
        {
            "SessionId": session,
            "StreamUrl": f"wss://127.0.0.1:9/v1/data-channel/{session}?role=publish_subscribe",
            "TokenValue": "emulated",
        }
    )


def _is_connected(self: SimpleSystemManagerResponse, target: str) -> bool:
    named = TARGET.fullmatch(target)
    if named is None:
        return False
    held = ecs_backends[self.current_account][self.region].tasks.get(named["cluster"], {})
    return any(
        task.id == named["task"]
        and tasks.has_exec(task)
        and named["runtime"] in {tasks.runtime_id(task, str(one.name)) for one in task.containers}
        for task in held.values()
    )


@corrects(SimpleSystemManagerResponse, moto=ABSENT, aws="ends it, and refuses an ended one")
def terminate_session(original: None, self: SimpleSystemManagerResponse) -> ActionResult:
    session = self._get_param("SessionId")
    held = sessions(self.ssm_backend)
    if session not in held:
        raise SSMException("DoesNotExistException", f"Session {session} does not exist.")
    if not held[session]:
        raise ValidationException("Session is not in a valid state")
    held[session] = False
    return ActionResult({"SessionId": session})
