"""Drift: what was changed by hand and the next `up` would change back.

It is what a preview with a refresh would do beyond one without: so what the program leaves to
operators (`ignore_changes`: desired counts, task definitions, rule weights, passwords) is none.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pulumi import automation
from pulumi.automation import events

from pipeline.report import Drift, name_of

ADOPT = {
    ("aws:rds/instance:Instance", "instanceClass"): "databaseClass",
    ("aws:rds/instance:Instance", "allocatedStorage"): "databaseStorageGib",
    ("aws:rds/instance:Instance", "maxAllocatedStorage"): "databaseMaxStorageGib",
    ("aws:rds/instance:Instance", "multiAz"): "databaseMultiAz",
    ("aws:rds/instance:Instance", "backupRetentionPeriod"): "databaseBackupDays",
    ("aws:rds/instance:Instance", "backupWindow"): "databaseBackupWindow",
    ("aws:rds/instance:Instance", "maintenanceWindow"): "databaseMaintenanceWindow",
    ("aws:elasticache/replicationGroup:ReplicationGroup", "nodeType"): "cacheNodeType",
    ("aws:elasticache/replicationGroup:ReplicationGroup", "numCacheClusters"): "cacheNodes",
    ("aws:elasticache/replicationGroup:ReplicationGroup", "snapshotRetentionLimit"): (
        "cacheSnapshotDays"
    ),
    ("aws:cloudwatch/logGroup:LogGroup", "retentionInDays"): "logRetentionDays",
}
"""The config key that holds an input. Inputs that no key holds stand in the program."""
SERVICE_KEYS = {"minCapacity": "min", "maxCapacity": "max"}
"""Of a scalable target, in the service's entry of `arbor:services`."""
TARGET = "aws:appautoscaling/target:Target"
VERSIONS_OF_SECRETS = "**aws:secretsmanager/secretVersion:SecretVersion::**"
"""Reading one takes `secretsmanager:GetSecretValue`; a rotation's value is no drift anyway."""
NO_CHANGES = frozenset({"same", "refresh", "read"})
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SHOWN = (bool, int, float, str)
LONGEST_SHOWN = 60


def find(stack: automation.Stack) -> list[Drift]:
    """Look at every resource of the stack. Raises CommandError when a preview fails."""
    wanted = {(step.urn, key) for step in _steps(stack.preview) for key in _keys(step)}

    def refreshed(**kwargs: Any) -> object:  # noqa: ANN401 - passed through
        return stack.preview(refresh=True, exclude=[VERSIONS_OF_SECRETS], **kwargs)

    return [
        drift
        for step in _steps(refreshed)
        for key in _keys(step)
        if (step.urn, key) not in wanted
        for drift in _told(stack.name, step, key)
    ]


def _steps(preview: Callable[..., object]) -> Iterable[events.StepEventMetadata]:
    found: dict[str, events.StepEventMetadata] = {}

    def see(event: events.EngineEvent) -> None:
        if event.resource_pre_event is not None:
            step = event.resource_pre_event.metadata
            if step.op not in NO_CHANGES and not step.type.startswith("pulumi:"):
                found.setdefault(step.urn, step)

    preview(on_event=see, color="never", suppress_progress=True)
    return found.values()


def _keys(step: events.StepEventMetadata) -> Iterator[str]:
    """The inputs that would change; one empty key for a resource that would be made anew."""
    if step.op == "create":
        yield ""
        return
    inputs = (step.new.inputs if step.new else None) or {}
    for key in sorted(step.diffs or ()):
        # What isn't known yet follows from another resource's change, and is told there.
        if UNKNOWN not in str(inputs.get(key, "")):
            yield key


def _told(stack: str, step: events.StepEventMetadata, key: str) -> Iterator[Drift]:
    name = name_of(step.urn)
    if not key:
        advice = (
            f"{name} is gone from the account. Restore it, or let the next `pulumi up` make it "
            "again after you have seen that nothing else is lost."
        )
    else:
        now = ((step.old.inputs if step.old else None) or {}).get(key)
        wanted = ((step.new.inputs if step.new else None) or {}).get(key)
        advice = f"{name}: {key} is {_shown(now)} in AWS, {_shown(wanted)} in the program. "
        advice += _adoption(stack, step.type, name, key, now)
    yield Drift(token=step.type, resource=name, property=key, advice=advice)


def _adoption(stack: str, token: str, name: str, key: str, now: object) -> str:
    file = f"Pulumi.{stack}.yaml"
    if config := ADOPT.get((token, key)):
        return f"To keep it, set arbor:{config} to {_shown(now)} in {file}; else change AWS back."
    if token == TARGET and key in SERVICE_KEYS:
        app = name.removesuffix("-scaling-target")
        entry = f"arbor:services.{app}.{SERVICE_KEYS[key]}"
        return f"To keep it, set {entry} to {_shown(now)} in {file}; else change AWS back."
    return "No config key holds it: to keep it, change the program; else change AWS back."


def _shown(value: object) -> str:
    """A plain value as it is; a document or a secret only by its kind."""
    if isinstance(value, Mapping | list) or value is None:
        return "not set" if value is None else "another value"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if isinstance(value, SHOWN) and len(text) <= LONGEST_SHOWN else "another value"
