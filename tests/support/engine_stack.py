"""A stack that the real engine deployed into an emulated account, for the engine tests."""

import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pulumi import automation
from pulumi.automation import events

from arbor.account import Account
from engine import emulation, pulumi_cli, stack_file
from engine.deployment import Deployment, Program, open_stack
from pipeline.stacks import Opened
from programs import captured
from pulumi_moto import remote

SPEED = 600.0
"""Ten minutes of the account pass in a second."""


def control(endpoint: str, what: str, **arguments: float | str) -> Mapping[str, Any]:
    """Call the account's own control API, for example to let time pass."""
    request = urllib.request.Request(
        f"{endpoint}{remote.CONTROL}{what}", data=json.dumps(arguments).encode(), method="POST"
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        found: Mapping[str, Any] = json.load(answer)
    return found


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of the engine: `update` of `aws:rds/instance:Instance` `database`."""

    op: str
    token: str
    name: str
    keys: tuple[str, ...] = field(default=(), compare=False)
    """Inputs that differ."""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """The stack, and access to its account without the engine."""

    deployment: Deployment
    environment: Mapping[str, str]

    @property
    def port(self) -> int:
        """The account's port."""
        return int(self.environment["AWS_ENDPOINT_URL"].rsplit(":", 1)[1])

    @cached_property
    def client(self) -> Callable[[str], Any]:
        """boto3 clients of the account, by service name."""
        return remote.clients(self.environment["AWS_ENDPOINT_URL"], self.environment["AWS_REGION"])

    @property
    def opened(self) -> Opened:
        """The stack, opened as in the pipeline."""
        name = self.deployment.stack.name
        return Opened(stack=self.deployment.stack, account=Account(stack=name, client=self.client))

    def up(self) -> list[Step]:
        return self._steps(self.deployment.up)

    def preview(self) -> list[Step]:
        return self._steps(self.deployment.preview)

    def refresh(self) -> list[Step]:
        return self._steps(self.deployment.refresh)

    def destroy(self) -> list[Step]:
        return self._steps(self.deployment.destroy)

    def resources(self) -> list[dict[str, Any]]:
        """The resources in the stack's state, custom ones with their outputs."""
        exported = self.deployment.stack.export_stack().deployment
        assert exported is not None
        found: list[dict[str, Any]] = exported.get("resources", [])
        return found

    def state_text(self) -> str:
        """The state's file in the backend, with secrets encrypted."""
        (state,) = self._backend.glob(f".pulumi/stacks/*/{self.deployment.stack.name}.json")
        return state.read_text()

    @contextmanager
    def copy(self) -> Iterator["Deployed"]:
        """An independent copy of account and stack.

        A copy can't be copied: its engine's provider runs in the process of the original account.
        """
        port = int(self._control("fork")["port"])
        provider = int(self._control("attach", port=port)["port"])
        _, awsx = self.environment["PULUMI_DEBUG_PROVIDERS"].rsplit(",", 1)
        with tempfile.TemporaryDirectory(prefix="arbor-state-") as state:
            shutil.copytree(self._backend, state, dirs_exist_ok=True)
            environment = {
                **self.environment,
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
                "PULUMI_DEBUG_PROVIDERS": f"aws:{provider},random:{provider},{awsx}",
                "PULUMI_BACKEND_URL": f"file://{state}",
            }
            with open_stack(
                stack=self.deployment.stack.name,
                account=environment,
                command=_command(),
                settings=self.deployment.workdir,
            ) as deployment:
                made = Deployed(deployment=deployment, environment=environment)
                yield made
            with suppress(OSError):
                made._control("exit")

    @property
    def _backend(self) -> Path:
        return Path(self.environment["PULUMI_BACKEND_URL"].removeprefix("file://"))

    def operate(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`arbor`, as an operator runs it: with AWS credentials, without Pulumi."""
        account = {key: value for key, value in self.environment.items() if "PULUMI" not in key}
        path = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "COLUMNS": "200"}
        return captured(
            [sys.executable, "-m", "arbor", *words],
            cwd=stack_file.PROJECT_DIR,
            env={**path, **account},
        )

    def calls(self) -> int:
        """The number of AWS calls so far."""
        return int(self._control("calls")["calls"])

    def advance(self, seconds: float) -> None:
        """Let time pass in the account."""
        self._control("clock", advance=seconds)

    def set_speed(self, speed: float) -> None:
        self._control("clock", speed=speed)

    def unserved(self, *, reset: bool = True) -> list[dict[str, Any]]:
        """The outages of production traffic (pulumi_moto/observer.py) since the last reset."""
        found: list[dict[str, Any]] = self._control("unserved", reset=reset)["outages"]
        return found

    def in_production(self) -> list[str]:
        """The requests that were served so far, of users and of testers."""
        found: list[str] = self._control("unserved")["production"]
        return found

    def trouble(self, kind: str | None, at: int) -> str:
        """Let the n-th write from now fail (pulumi_moto/trouble.py); without a kind, end it.

        Returns the call that met the previous fault.
        """
        met = self.met()
        self._control("trouble", at=at, kind=kind or "")
        return met

    def met(self) -> str:
        """The call that failed; empty if none did."""
        return str(self._control("trouble")["met"])

    def _control(self, what: str, **arguments: float | str) -> Mapping[str, Any]:
        return control(self.environment["AWS_ENDPOINT_URL"], what, **arguments)

    def _steps(self, operation: Callable[..., object]) -> list[Step]:
        """All operations except `same`, in the engine's order."""
        seen: list[Step] = []

        def see(event: events.EngineEvent) -> None:
            # A refresh has its result only in the outputs event.
            taken = event.resource_pre_event or event.res_outputs_event
            if taken is None:
                return
            step = taken.metadata
            if step.op in {"same", "refresh", "read"} or step.type.startswith("pulumi:"):
                return
            name = step.urn.split("::", 3)[-1]
            keys = tuple(sorted(step.diffs or ()))
            found = Step(op=str(step.op.value), token=step.type, name=name, keys=keys)
            if found not in seen:
                seen.append(found)

        with self._not_read_back():
            operation(on_event=see)
        return seen

    @contextmanager
    def _not_read_back(self) -> Iterator[None]:
        """Skip the outputs and the history that the Automation API reads after each `up`.

        Each is a run of the CLI that decrypts the state: together a quarter of an `up`'s CPU.
        """
        stack = self.deployment.stack
        with patch.object(stack, "outputs", dict), patch.object(stack, "info"):
            yield


@contextmanager
def checkpoints() -> Iterator[None]:
    """Let the engine save the state after each resource, as it does outside of these tests."""
    with patch.dict(os.environ, PULUMI_SKIP_CHECKPOINTS="false"):
        yield


def forget(stack: Deployed, *names: str) -> None:
    """Remove resources from the state, as if the program had never declared them."""
    exported = stack.deployment.stack.export_stack()
    assert exported.deployment is not None
    resources = exported.deployment["resources"]
    gone = {one["urn"] for one in resources if one["urn"].rsplit("::", 1)[-1] in names}
    assert len(gone) == len(names)
    kept = [one for one in resources if one["urn"] not in gone]
    for one in kept:
        one["dependencies"] = [urn for urn in one.get("dependencies") or () if urn not in gone]
        for held in (one.get("propertyDependencies") or {}).values():
            held[:] = [urn for urn in held or () if urn not in gone]
    left = {**exported.deployment, "resources": kept}
    stack.deployment.stack.import_stack(
        automation.Deployment(version=exported.version, deployment=left)
    )


def counted(steps: list[Step]) -> Counter[str]:
    return Counter(step.op for step in steps)


@contextmanager
def deployed(stack: str, program: Program | None = None) -> Iterator[Deployed]:
    """An empty account; the caller runs `up`."""
    with (
        emulation.account_process(stack=stack, speed=SPEED) as environment,
        open_stack(
            stack=stack, account=environment, command=_command(), program=program
        ) as deployment,
    ):
        yield Deployed(deployment=deployment, environment=environment)


@functools.cache
def _command() -> automation.PulumiCommand:
    return pulumi_cli.find_or_build(print, lambda _done, _total: None)
