"""A log group that AWS created before the stack: refused by the pipeline, then adopted."""

import os
import re
import shlex
import sys
from pathlib import Path

import pytest

from engine import pulumi_cli, stack_file
from engine_stack import Deployed, Step, forget
from pipeline.hazards import changes
from pipeline.report.steps import steps_of
from programs import captured
from runbook_fixtures import RUNBOOK

HOST = stack_file.PROJECT_DIR / "tests" / "support" / "language_host.py"
GROUP = "/aws/ecs/containerinsights/arbor-staging-cluster/performance"
TOKEN = "aws:cloudwatch/logGroup:LogGroup"


def adoption() -> list[str]:
    """The runbook's import, for staging."""
    text = RUNBOOK.read_text().split("### Adopt a Log Group")[1]
    found = re.search(r"^pulumi import .*?[^\\]$", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    line = found[0].replace("\\\n", " ").replace("production", "staging")
    return shlex.split(line)[1:]


@pytest.mark.slow
def test_a_group_of_container_insights_is_refused_then_adopted_with_its_events(
    staging: Deployed, tmp_path: Path
) -> None:
    """As in an account whose stack was deployed before the program declared the group."""
    stack, logs = staging.deployment.stack, staging.client("logs")
    forget(staging, "logs-insights")
    logs.delete_retention_policy(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="before")

    (sentence,) = changes.refusals(steps_of(stack.preview), staging.opened.account)
    assert sentence == (
        f"{GROUP} (logs-insights) would be created, but it exists in the account. "
        'Follow "Adopt a Log Group" in docs/runbook.md.'
    )

    command = pulumi_cli.find_or_build(print, lambda _done, _total: None)
    host = tmp_path / "pulumi-language-python"
    host.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(HOST))} "$@"\n'
    )
    host.chmod(0o755)
    path = os.pathsep.join((str(tmp_path), os.environ["PATH"]))
    done = captured(
        [command.command, "--non-interactive", *adoption(), "--yes"],
        cwd=staging.deployment.workdir,
        env={**os.environ, **stack.workspace.env_vars, "PATH": path},
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert changes.refusals(steps_of(stack.preview), staging.opened.account) == []
    assert staging.up() == [Step(op="update", token=TOKEN, name="logs-insights")]
    assert staging.up() == []
    (group,) = logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]
    assert group["retentionInDays"] == 14
    assert group["kmsKeyId"]
    streams = logs.describe_log_streams(logGroupName=GROUP)["logStreams"]
    assert [stream["logStreamName"] for stream in streams] == ["before"]
