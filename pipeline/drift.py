"""Drift: what was changed by hand and the next `up` would change back.

It is what a preview with a refresh would do beyond one without: so what the program leaves to
operators (`ignore_changes`: desired counts, task definitions, rule weights, passwords) is none.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi import automation

from pipeline.report import Drift
from pipeline.steps import UNKNOWN, Step, steps_of

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
SHOWN = (bool, int, float, str)
LONGEST_SHOWN = 60


def find(stack: automation.Stack, planned: list[Step] | None = None) -> list[Drift]:
    """Look at every resource of the stack. Raises CommandError when a preview fails.

    `planned` are the steps of a preview without a refresh, where the caller has made one.
    """
    if planned is None:
        planned = steps_of(stack.preview)
    wanted = {(step.urn, key) for step in planned for key in _keys(step)}

    def refreshed(**kwargs: Any) -> object:  # noqa: ANN401 - passed through
        return stack.preview(refresh=True, exclude=[VERSIONS_OF_SECRETS], **kwargs)

    return [
        _told(stack.name, step, key)
        for step in steps_of(refreshed)
        for key in _keys(step)
        if (step.urn, key) not in wanted
    ]


def _keys(step: Step) -> Iterator[str]:
    """The inputs that would change; one empty key for a resource that would be made anew."""
    if step.op == "create":
        yield ""
        return
    for key in step.keys:
        # What isn't known yet follows from another resource's change, and is told there.
        if UNKNOWN not in str(step.new.get(key, "")):
            yield key


def _told(stack: str, step: Step, key: str) -> Drift:
    if not key:
        advice = (
            f"{step.name} is gone from the account. Restore it, or let the next `pulumi up` make "
            "it again after you have seen that nothing else is lost."
        )
    else:
        now, wanted = step.old.get(key), step.new.get(key)
        advice = f"{step.name}: {key} is {_shown(now)} in AWS, {_shown(wanted)} in the program. "
        advice += _adoption(stack, step.token, step.name, key, now)
    return Drift(token=step.token, resource=step.name, property=key, advice=advice)


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
