"""The raw state of the backend, readable with a lost key or an invalid state.

`pulumi stack export` without `--show-secrets` reads the checkpoint and neither decrypts nor
verifies it: https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/backend.go
(ExportDeployment).
"""

import json
from collections.abc import Mapping
from typing import Any

from pulumi import automation

from pipeline.report.report import name_of

Resource = Mapping[str, Any]


def run(stack: automation.Stack, *words: str) -> str:
    """Run a command of the CLI that the Automation API lacks; returns its output.

    Raises CommandError.
    """
    workspace = stack.workspace
    home = {"PULUMI_HOME": workspace.pulumi_home} if workspace.pulumi_home else {}
    done = workspace.pulumi_command.run(
        [*words, "--stack", stack.name, "--color", "never"],
        workspace.work_dir,
        {**home, **workspace.env_vars},
    )
    return str(done.stdout)


def deployment(stack: automation.Stack) -> Mapping[str, Any]:
    """The deployment with its secrets encrypted; empty before the first `up`."""
    exported = json.loads(run(stack, "stack", "export"))
    found: Mapping[str, Any] = exported.get("deployment") or {}
    return found


def resources(stack: automation.Stack) -> list[Resource]:
    """Every resource, including those marked for deletion."""
    return list(deployment(stack).get("resources") or ())


def pending(found: Mapping[str, Any]) -> list[str]:
    """Unfinished operations, such as `creating aws:rds/instance:Instance database`."""
    begun = ((one["type"], one["resource"]) for one in found.get("pending_operations") or ())
    return [f"{kind} {resource['type']} {name_of(resource['urn'])}" for kind, resource in begun]
