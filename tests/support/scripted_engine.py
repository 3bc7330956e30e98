"""A stack whose engine is a shell script: its output, its end and its reaction to signals.

It runs in a process of its own, as the real engine does.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pulumi import automation
from pulumi.automation import events

from arbor.account import Account
from pipeline.stacks import Opened

OnEvent = Callable[[events.EngineEvent], object]
TOKEN = "aws:wafv2/webAcl:WebAcl"
SUCCEEDS = "exit 0"


def urn(name: str, token: str = TOKEN) -> str:
    return f"urn:pulumi:staging::arbor::{token}::{name}"


def metadata(op: str, name: str, token: str = TOKEN, **more: Any) -> dict[str, Any]:
    """A step of the engine, for a resource of AWS's."""
    state = {"type": token, "urn": urn(name, token), "custom": True, "id": f"{name}-id"}
    state |= {"parent": "", "provider": "", "inputs": {}, "outputs": {}}
    fields = {"op": op, "urn": urn(name, token), "type": token, "provider": "", "new": state}
    return {**fields, **more}


def event(**fields: Any) -> events.EngineEvent:
    return events.EngineEvent.from_json({"sequence": 1, "timestamp": 1, **fields})


def begins(op: str, name: str) -> events.EngineEvent:
    return event(resourcePreEvent={"metadata": metadata(op, name)})


def ends(op: str, name: str) -> events.EngineEvent:
    return event(resOutputsEvent={"metadata": metadata(op, name)})


def fails(op: str, name: str) -> events.EngineEvent:
    return event(resOpFailedEvent={"metadata": metadata(op, name), "status": 1, "steps": 1})


def error(message: str) -> events.EngineEvent:
    return event(diagnosticEvent={"message": message, "color": "never", "severity": "error"})


def violation(rule: str, name: str, message: str) -> events.EngineEvent:
    fields = {"policyName": rule, "resourceUrn": urn(name), "message": message}
    return event(policyEvent={**fields, "enforcementLevel": "mandatory"})


def plan(*changed: str, limit: object = 1000) -> dict[str, Any]:
    """An update plan that changes a value of these resources."""
    goal = {"inputDiff": {"updates": {"limit": limit}}}
    return {"resourcePlans": {urn(name): {"steps": ["update"], "goal": goal} for name in changed}}


@dataclass
class Stack:
    """The parts of a stack that `apply` uses."""

    directory: Path
    up_is: str = SUCCEEDS
    """The shell lines of `pulumi up`."""
    export_is: str = SUCCEEDS
    preview_is: str = SUCCEEDS
    seen: Sequence[events.EngineEvent] = ()
    """The events before the engine ends, and after it has started."""
    fresh: dict[str, Any] = field(default_factory=lambda: plan("firewall-acl"))
    """The plan of a new preview."""
    pending: Sequence[dict[str, Any]] = ()
    read_back: Exception | None = None
    """The error of the Automation API when it reads the outputs of an `up`."""
    name: str = "staging"

    def __post_init__(self) -> None:
        self.ran: list[str] = []
        found: Any = object.__new__(automation.PulumiCommand)
        found.command, found.version = str(self._program()), None
        self.workspace = SimpleNamespace(pulumi_command=found)

    def _program(self) -> Path:
        program = self.directory / "pulumi"
        program.write_text(
            f"""#!/bin/sh
case "$2" in
    preview) {self.preview_is} ;;
    stack) {self.export_is} ;;
    up) touch {self.directory}/started
        {self.up_is} ;;
esac
"""
        )
        program.chmod(0o755)
        return program

    def preview(self, *, on_event: OnEvent, plan: str | None = None, **_: object) -> None:
        if plan:
            Path(plan).write_text(json.dumps(self.fresh))
            on_event(begins("update", "firewall-acl"))
        self._run("preview")

    def up(self, *, on_event: OnEvent, **_: object) -> None:
        for one in self.seen:
            on_event(one)
        self._run("up")
        if self.read_back:
            raise self.read_back

    def export_stack(self) -> automation.Deployment:
        self._run("stack")
        return automation.Deployment(version=3, deployment={"pending_operations": self.pending})

    def _run(self, verb: str) -> None:
        self.ran.append(verb)
        self.workspace.pulumi_command.run([verb], str(self.directory), {})

    @property
    def opened(self) -> Opened:
        stack: Any = self
        return Opened(stack=stack, account=Account(stack=self.name, client=_no_client))

    def approved(self, content: dict[str, Any] | None = None) -> Path:
        """The file of the approved plan; without `content` it is that of a new preview."""
        file = self.directory / "plan.json"
        file.write_text(json.dumps(self.fresh if content is None else content))
        return file


def _no_client(service: str) -> Any:
    raise AssertionError(f"{service} was called")
