"""Changes in AWS, adopted: values into config, resources into the state.

A value needs a config key, and a resource a declaration in the program; `python -m pipeline operate
up-refresh` changes the rest back.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from pulumi import automation
from pulumi.automation import events

# The package itself does not export it: github.com/pulumi/pulumi, sdk/python/lib/pulumi/automation.
from pulumi.automation._stack import ImportResource

from arbor.account import Account
from pipeline.drift import drift
from pipeline.hazards import present
from pipeline.hazards.changes import LOG_GROUP, REPOSITORY
from pipeline.report.steps import UNKNOWN, Step, StepCollector

IS_THERE = {LOG_GROUP: present.is_log_group, REPOSITORY: present.is_repository}
"""Types that are imported by name, and that AWS or another stack may have created before."""


@dataclass(frozen=True, kw_only=True)
class Value:
    """One input with a config key and another value in AWS."""

    urn: str
    name: str
    key: str
    path: str
    """The config key, such as `arbor:databaseClass` or `arbor:services.backend.max`."""
    now: str

    def command(self, stack: str) -> str:
        """Writes the value into the stack's file.

        `--path` is for a value below a key: https://www.pulumi.com/docs/iac/cli/commands/pulumi_config_set/
        """
        below = " --path" if "." in self.path else ""
        words = f"{shlex.quote(self.path)} {shlex.quote(self.now)}"
        return f"pulumi config set --stack {stack}{below} {words}"


@dataclass(frozen=True, kw_only=True)
class Existing:
    """A resource that the program would create and that exists in the account."""

    urn: str
    token: str
    name: str
    physical_id: str
    parent: str

    def command(self, stack: str) -> str:
        """The command that does the same as `write`."""
        below = f" --parent parent={shlex.quote(self.parent)}" if self.parent else ""
        return (
            f"pulumi import {self.token} {self.name} {shlex.quote(self.physical_id)} "
            f"--stack {stack} --protect=false --generate-code=false{below}"
        )


@dataclass(frozen=True, kw_only=True)
class Adoption:
    """The changes that can be adopted, and the others."""

    values: list[Value]
    existing: list[Existing]
    left: list[str]
    """Drift without a config key; the beginning of a sentence for each input."""
    created: list[str]
    """Resources that the program would create and that this command can't find in the account."""

    @property
    def targets(self) -> list[str]:
        return sorted({value.urn for value in self.values})


class _Parents(StepCollector):
    """The steps of a preview, and the parent of each resource."""

    def __init__(self) -> None:
        super().__init__()
        self.of: dict[str, str] = {}

    def record(self, event: events.EngineEvent) -> None:
        super().record(event)
        if event.resource_pre_event is not None:
            new = event.resource_pre_event.metadata.new
            if new is not None:
                self.of[new.urn] = new.parent


def find(stack: automation.Stack, account: Account) -> Adoption:
    """Compare stack and account. Raises CommandError and ClientError."""
    plain, refreshed = _Parents(), StepCollector()
    quiet: dict[str, Any] = {"color": "never", "suppress_progress": True}
    stack.preview(on_event=plain.record, **quiet)
    stack.preview(
        on_event=refreshed.record, refresh=True, exclude=[drift.VERSIONS_OF_SECRETS], **quiet
    )
    wanted = {(step.urn, key) for step in plain.steps for key in step.keys}
    drifted = [
        (step, key)
        for step in refreshed.steps
        if step.op == "update"
        for key in step.keys
        if (step.urn, key) not in wanted and UNKNOWN not in str(step.new.get(key, ""))
    ]
    values = [value for step, key in drifted for value in _value(step, key)]
    taken = {(value.urn, value.key) for value in values}
    existing = list(_existing(plain, account))
    return Adoption(
        values=values,
        existing=existing,
        left=[
            f"{step.name}: {key} has no config key"
            for step, key in drifted
            if (step.urn, key) not in taken
        ],
        created=[
            step.name
            for step in plain.steps
            if step.op == "create" and step.urn not in {one.urn for one in existing}
        ],
    )


def write(stack: automation.Stack, existing: list[Existing]) -> None:
    """Import the resources into the state. Raises CommandError."""
    stack.import_resources(
        resources=[_import(one) for one in existing],
        name_table={f"parent-of-{one.name}": one.parent for one in existing if one.parent},
        protect=False,
        generate_code=False,
    )


def _value(step: Step, key: str) -> Iterator[Value]:
    path, now = _path(step, key), _plain(step.old.get(key))
    if path is not None and now is not None:
        yield Value(urn=step.urn, name=step.name, key=key, path=path, now=now)


def _path(step: Step, key: str) -> str | None:
    if config := drift.ADOPT.get((step.token, key)):
        return f"arbor:{config}"
    if step.token == drift.TARGET and key in drift.SERVICE_KEYS:
        return (
            f"arbor:services.{step.name.removesuffix('-scaling-target')}.{drift.SERVICE_KEYS[key]}"
        )
    return None


def _plain(value: object) -> str | None:
    """As config holds it; the engine's numbers are all floats."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int | float | str) else None


def _existing(plain: _Parents, account: Account) -> Iterator[Existing]:
    for step in plain.steps:
        is_there, name = IS_THERE.get(step.token), step.new.get("name")
        if step.op != "create" or is_there is None:
            continue
        if isinstance(name, str) and UNKNOWN not in name and is_there(account, name):
            parent = plain.of.get(step.urn, "")
            yield Existing(
                urn=step.urn,
                token=step.token,
                name=step.name,
                physical_id=name,
                parent="" if "pulumi:pulumi:Stack" in parent else parent,
            )


def _import(one: Existing) -> ImportResource:
    """With the SDK's version, so that `up` uses the same default provider."""
    made = ImportResource(
        type=one.token,
        name=one.name,
        id=one.physical_id,
        version=metadata.version("pulumi_aws"),
    )
    if one.parent:
        made["parent"] = f"parent-of-{one.name}"
    return made
