"""Drift: changes by hand that the next `up` would undo.

It is the difference between a preview with a refresh and one without. Inputs that
operators own (`ignore_changes`: desired counts, task definitions, rule weights, passwords) are left
out.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi import automation

from pipeline.hazards.stores import HOLDS_DATA
from pipeline.report.report import Drift
from pipeline.report.steps import UNKNOWN, Step, steps_of
from pipeline.report.values import masked

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
"""The config key of an input. Every other input is set in the program."""
SERVICE_KEYS = {"minCapacity": "min", "maxCapacity": "max"}
"""Of a scalable target, in the service's entry of `arbor:services`."""
TARGET = "aws:appautoscaling/target:Target"
VERSIONS_OF_SECRETS = "**aws:secretsmanager/secretVersion:SecretVersion::**"
"""A read requires `secretsmanager:GetSecretValue`, and a rotated value is no drift."""
SHOWN = (bool, int, float, str)
LONGEST_SHOWN = 60


def find(stack: automation.Stack, planned: list[Step] | None = None) -> list[Drift]:
    """Compare every resource of the stack. Raises CommandError if a preview fails.

    `planned` are the steps of a preview without a refresh, if the caller has made one.
    """
    if planned is None:
        planned = steps_of(stack.preview)
    wanted = {(step.urn, key) for step in planned for key in _keys(step)}

    def refreshed(**kwargs: Any) -> object:  # noqa: ANN401 - passed through
        return stack.preview(refresh=True, exclude=[VERSIONS_OF_SECRETS], **kwargs)

    return [
        _drift(stack.name, step, key)
        for step in steps_of(refreshed)
        for key in _keys(step)
        if (step.urn, key) not in wanted
    ]


def _keys(step: Step) -> Iterator[str]:
    """The inputs that would change; one empty key for a resource that would be created again."""
    if step.op == "create":
        yield ""
        return
    for key in step.keys:
        # An unknown value follows from another resource's change, which is reported there.
        if UNKNOWN not in str(step.new.get(key, "")):
            yield key


def _drift(stack: str, step: Step, key: str) -> Drift:
    if key:
        now, wanted = (_shown(inputs.get(key), key) for inputs in (step.old, step.new))
        advice = f"{step.name}: {key} is {now} in AWS and {wanted} in the program. "
        advice += f"To keep it, {_adoption(stack, step, key)}; {_change_back(stack)}."
    else:
        advice = f"{step.name} is gone from the account. {_made_anew(stack, step)}"
    return Drift(token=step.token, resource=step.name, property=key, advice=advice)


def _adoption(stack: str, step: Step, key: str) -> str:
    """The change that adopts the value of AWS: in config, else in the program."""
    file, now = f"Pulumi.{stack}.yaml", _shown(step.old.get(key), key)
    if config := ADOPT.get((step.token, key)):
        return f"set arbor:{config} to {now} in {file} and merge it"
    if step.token == TARGET and key in SERVICE_KEYS:
        app = step.name.removesuffix("-scaling-target")
        return f"set arbor:services.{app}.{SERVICE_KEYS[key]} to {now} in {file} and merge it"
    return "change the program: the value has no config key"


def _change_back(stack: str) -> str:
    """The command, and the workflow that runs it with the deploy role."""
    return (
        "else change AWS back with the workflow `operate`, action up-refresh "
        f"(`python -m pipeline operate up-refresh --stack {stack}`)"
    )


def _made_anew(stack: str, step: Step) -> str:
    holds = step.token in HOLDS_DATA
    first = (
        'It held data: restore it first ("Backup and Recovery" in docs/runbook.md). '
        if holds
        else "Check first whether other resources are missing. "
    )
    return (
        f"{first}Then run the workflow `operate`, action refresh, which removes it from the state "
        f"(`python -m pipeline operate refresh --stack {stack}`), and the workflow `up`, which "
        "creates it again."
    )


def _shown(value: object, key: str) -> str:
    """A plain value unchanged; a document or a secret by its kind."""
    value = masked(value, key)
    if isinstance(value, Mapping | list) or value is None:
        return "not set" if value is None else "another value"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if isinstance(value, SHOWN) and len(text) <= LONGEST_SHOWN else "another value"
