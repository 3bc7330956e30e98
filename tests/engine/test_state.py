"""`python -m pipeline operate` with the real engine, and docs/state.md as printed."""

import json
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

import shell
from arbor_names import naming
from engine import pulumi_cli, stack_file
from engine_stack import Deployed, forget
from pipeline.drift import drift, unowned
from pipeline.operate import actions, lock
from pipeline.operate.actions import Action
from pipeline.report.report import name_of
from pipeline.report.steps import steps_of
from programs import captured
from pulumi_moto import aws_shim

INSIGHTS = "/aws/ecs/containerinsights/arbor-staging-cluster/performance"
DATABASE = "arbor-staging-db"
Printed = pytest.CaptureFixture[str]
Run = Callable[[str], str]


@pytest.fixture
def run(staging: Deployed, tmp_path: Path) -> Run:
    """Runs a printed line next to the stack's files, with `pulumi` and an `aws` of the account."""
    aws_shim.install(tmp_path, staging.environment["AWS_ENDPOINT_URL"])
    command = pulumi_cli.find_or_build(print, lambda _done, _total: None)
    (tmp_path / "pulumi").symlink_to(command.command)
    workspace = staging.deployment.stack.workspace

    def typed(line: str) -> str:
        done = captured(
            ["bash", "-c", line],
            cwd=staging.deployment.workdir,
            env={**workspace.env_vars, "PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)},
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return typed


def operate(stack: Deployed, action: Action) -> None:
    actions.operate(action, stack.opened, yes=True)


def refusal(stack: Deployed, action: Action, printed: Printed) -> str:
    """The message of a refusal."""
    with pytest.raises(typer.Exit) as ended:
        operate(stack, action)
    reported = printed.readouterr()
    assert ended.value.exit_code == 3, reported
    return reported.err


def changed_by_hand(stack: Deployed) -> None:
    """Change values of a config key, a service and the program; delete a resource."""
    stack.client("rds").modify_db_instance(
        DBInstanceIdentifier=DATABASE, DBInstanceClass="db.t3.large", ApplyImmediately=True
    )
    scaling = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
    backend = "service/arbor-staging-cluster/arbor-staging-backend"
    stack.client("application-autoscaling").register_scalable_target(
        **scaling, ResourceId=backend, MaxCapacity=3
    )
    set_idle_timeout(stack, 33)
    stack.client("logs").delete_log_group(logGroupName=exec_group(stack))


def exec_group(stack: Deployed) -> str:
    (group,) = [one for one in stack.resources() if name_of(one["urn"]) == "logs-exec"]
    return str(group["id"])


def balancer(stack: Deployed) -> str:
    (found,) = stack.client("elbv2").describe_load_balancers()["LoadBalancers"]
    return str(found["LoadBalancerArn"])


def set_idle_timeout(stack: Deployed, seconds: int) -> None:
    stack.client("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=balancer(stack),
        Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": str(seconds)}],
    )


def idle_timeout(stack: Deployed) -> str:
    found = stack.client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=balancer(stack))
    attributes = {one["Key"]: one["Value"] for one in found["Attributes"]}
    return str(attributes["idle_timeout.timeout_seconds"])


def database_class(stack: Deployed) -> str:
    rds = stack.client("rds")
    (found,) = rds.describe_db_instances(DBInstanceIdentifier=DATABASE)["DBInstances"]
    return str(found["DBInstanceClass"])


@shell.NO_AWS
@pytest.mark.slow
def test_the_advised_command_resolves_each_kind_of_drift(
    staging: Deployed, run: Run, capsys: Printed
) -> None:
    stack, before = staging.deployment.stack, idle_timeout(staging)
    changed_by_hand(staging)
    staging.client("ec2").authorize_security_group_ingress(
        GroupId=stack.outputs()["security_group_ids"].value["database"],
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 5432,
                "ToPort": 5432,
                "IpRanges": [{"CidrIp": "203.0.113.9/32"}],
            }
        ],
    )
    found = drift.find(stack)
    assert {(one.resource, one.property) for one in found} == {
        ("database-instance", "instanceClass"),
        ("backend-scaling-target", "maxCapacity"),
        ("balancer", "idleTimeout"),
        ("logs-exec", ""),
    }
    named = {
        word for one in found for word in re.findall(r"pipeline operate ([a-z-]+)", one.advice)
    }
    assert named <= set(Action)

    capsys.readouterr()
    operate(staging, Action.ADOPT)
    adopted = capsys.readouterr().out
    lines = [line.strip() for line in adopted.splitlines() if line.startswith("  pulumi config")]
    assert len(lines) == 2
    assert "balancer: idleTimeout" in adopted
    for line in lines:
        run(line)

    operate(staging, Action.UP_REFRESH)
    assert (database_class(staging), idle_timeout(staging)) == ("db.t3.large", before)
    assert drift.find(stack, []) == []

    (rule,) = unowned.find(staging.opened)
    (line,) = re.findall(r"`(aws [^`]+)`", rule.advice)
    run(line)
    assert unowned.find(staging.opened) == []


@pytest.mark.slow
def test_a_missing_resource_with_data_is_kept_in_the_state(
    staging: Deployed, capsys: Printed
) -> None:
    rds, group = staging.client("rds"), exec_group(staging)
    staging.client("logs").delete_log_group(logGroupName=group)
    held = staging.state_text()
    (database,) = rds.describe_db_instances(DBInstanceIdentifier=DATABASE)["DBInstances"]
    rds.modify_db_instance(DBInstanceIdentifier=DATABASE, DeletionProtection=False)
    rds.delete_db_instance(DBInstanceIdentifier=DATABASE, SkipFinalSnapshot=True)
    staging.advance(3600)
    for action in (Action.REFRESH, Action.UP_REFRESH):
        reported = refusal(staging, action, capsys)
        assert "database-instance is gone from the account, but it held data" in reported
    assert staging.state_text() == held
    assert database["DBInstanceIdentifier"] == DATABASE
    assert rds.describe_db_instances()["DBInstances"] == []

    (line,) = re.findall(r"`(pulumi state delete [^`]+)`", reported)
    assert shlex.split(line)[3].endswith("::database-instance")


def with_a_language_host(stack: Deployed, directory: Path) -> None:
    """The program that an import starts and that the official CLI contains."""
    host = directory / "pulumi-language-python"
    words = f"{shlex.quote(sys.executable)} {shlex.quote(str(shell.HOST))}"
    host.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    host.chmod(0o755)
    workspace = stack.deployment.stack.workspace
    path = f"{directory}:{workspace.env_vars['PATH']}"
    workspace.env_vars = {**workspace.env_vars, "PATH": path}


def test_refresh_drops_missing_resources_and_adopt_imports_existing_ones(
    staging: Deployed, tmp_path: Path, capsys: Printed
) -> None:
    stack, group = staging.deployment.stack, exec_group(staging)
    staging.client("logs").delete_log_group(logGroupName=group)
    forget(staging, "logs-insights")
    with_a_language_host(staging, tmp_path)
    operate(staging, Action.REFRESH)
    assert f"logs-exec ({group}) is gone from the account" in capsys.readouterr().out
    operate(staging, Action.ADOPT)
    reported = capsys.readouterr().out
    assert f"pulumi import aws:cloudwatch/logGroup:LogGroup logs-insights {INSIGHTS}" in reported
    assert "not in the state: logs-exec" in reported
    created = [step.name for step in steps_of(stack.preview) if step.op == "create"]
    assert created == ["logs-exec"]


@pytest.mark.slow
def test_a_lock_and_an_invalid_state_are_reported_with_the_command_and_repaired(
    staging: Deployed, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(staging.environment["PULUMI_BACKEND_URL"].removeprefix("file://"))
    left = root / ".pulumi/locks/organization/arbor/staging/1.json"
    left.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "pid": 1,
        "username": "runner",
        "hostname": "fv",
        "timestamp": "2026-01-01T00:00:00Z",
    }
    left.write_text(json.dumps(content))
    set_idle_timeout(staging, 33)  # a refresh without changes takes no lock
    reported = refusal(staging, Action.REFRESH, capsys)
    assert "locked by 1 lock(s)" in reported
    assert "pipeline operate cancel --stack staging" in reported
    monkeypatch.setattr(lock, "QUIET", lock.QUIET * 0)
    operate(staging, Action.CANCEL)
    assert "the lock of runner@fv (pid 1)" in capsys.readouterr().out
    assert not left.exists()

    (file,) = root.glob(".pulumi/stacks/*/staging.json")
    file.write_text(json.dumps(disordered(json.loads(file.read_text()))))
    operate(staging, Action.STATE_REPAIR)
    reported = capsys.readouterr().out
    assert "would repair: cache-redis refers to never-was" in reported
    assert "State repaired successfully" in reported
    assert staging.preview() == []


def disordered(state: dict[str, Any]) -> dict[str, Any]:
    """A resource before its dependency, and a reference to a missing resource."""
    resources = state["checkpoint"]["latest"]["resources"]
    (at,) = [i for i, one in enumerate(resources) if name_of(one["urn"]) == "cache-redis"]
    moved = resources.pop(at)
    moved["dependencies"].append(moved["urn"].replace("cache-redis", "never-was"))
    resources.insert(3, moved)
    return state


PAGE = "docs/state.md"
BUCKET = "arbor-pulumi-state-123456789012"
ROOT, COMMON = (
    f"s3://{BUCKET}?region=us-east-1",
    "awskms://alias/arbor-pulumi-state?region=us-east-1",
)
OWN = naming.state_backend("staging", "123456789012", "us-east-1")
FILE = "staging/.pulumi/stacks/arbor/staging.json"


def blocks(heading: str) -> list[str]:
    """The `sh` blocks of a section."""
    _, _, after = (stack_file.PROJECT_DIR / PAGE).read_text().partition(f"\n## {heading}\n")
    assert after, heading
    return shell.BLOCK.findall(after.split("\n## ", 1)[0])


def with_a_key(stack: Deployed, alias: str) -> str:
    """A new key with this alias instead of the existing one; returns its id."""
    kms = stack.client("kms")
    key = str(kms.create_key()["KeyMetadata"]["KeyId"])
    if alias in {one["AliasName"] for one in kms.list_aliases()["Aliases"]}:
        kms.delete_alias(AliasName=alias)
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    return key


def as_before_the_move(stack: Deployed, directory: Path) -> shell.Shell:
    """A shell for a stack whose state is in the bucket's root, with the common key."""
    s3, secret = stack.client("s3"), "PULUMI_CONFIG_PASSPHRASE"
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    with_a_key(stack, "alias/arbor-pulumi-state")
    (directory / "was.json").write_text(
        json.dumps({"version": 3, "deployment": stack.deployment.stack.export_stack().deployment})
    )
    users = {k: v for k, v in stack.environment.items() if k not in {"PULUMI_BACKEND_URL", secret}}
    there = shell.shell(directory, users)
    there.run(f"pulumi login '{ROOT}'")
    there.run(f"pulumi stack init staging --secrets-provider '{COMMON}'")
    passphrase = f"{secret}={stack.environment[secret]}"
    there.run(f"{passphrase} pulumi stack import --stack staging --file ../was.json")
    there.run(f"{passphrase} pulumi stack change-secrets-provider --stack staging '{COMMON}'")
    return there


def held_in(stack: Deployed, key: str) -> dict[str, Any]:
    """The state's file in the bucket."""
    body = stack.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    found: dict[str, Any] = json.loads(body)["checkpoint"]["latest"]
    return found


@shell.NO_AWS
@pytest.mark.slow
def test_every_block_of_the_page_works_on_a_stack_that_has_not_moved_yet(
    staging: Deployed, tmp_path: Path
) -> None:
    there = as_before_the_move(staging, tmp_path)
    first = with_a_key(staging, naming.state_key_alias("staging"))

    def walk(heading: str, before: str = "set -e") -> list[str]:
        return [there.run(f"{before}\n{block}").stdout for block in blocks(heading)]

    walk("Move to a Prefix and a Key of the Stack")
    assert OWN in there.run("pulumi whoami --json").stdout
    held = held_in(staging, FILE)
    assert "alias/arbor-staging-pulumi-state" in json.dumps(held["secrets_providers"])
    assert len(held["resources"]) == len(staging.resources())
    assert removed_and_kept(staging) == [".pulumi/stacks/arbor/staging.json"]

    held_lock = "staging/.pulumi/locks/organization/arbor/staging/1.json"
    content = {"pid": 1, "username": "a", "hostname": "b", "timestamp": "2026-01-01T00:00:00Z"}
    staging.client("s3").put_object(Bucket=BUCKET, Key=held_lock, Body=json.dumps(content))
    cancel, by_hand = blocks("A Lost Lock")
    # The state was written a moment ago: the command refuses, and the page's other line works.
    assert "a run may be active: a@b (pid 1)" in there.run(f"! {cancel.strip()} 2>&1").stdout
    there.run(by_hand)
    assert "staging is not locked." in there.run(cancel).stdout

    # The tests' shell confirms automatically, which `--preview-only` does not accept.
    walk("A Killed Update", "set -e; unset PULUMI_SKIP_CONFIRMATIONS")
    (leaf,) = [u["urn"] for u in staging.resources() if name_of(u["urn"]) == "backend-scaling-cpu"]
    there.run(f"pulumi state delete '{leaf}' --stack staging --yes")
    assert leaf not in json.dumps(held_in(staging, FILE))
    walk("An Earlier State", "set -e; unset PULUMI_SKIP_CONFIRMATIONS")
    assert leaf in json.dumps(held_in(staging, FILE))
    (valid,) = walk("State Repair")
    assert "is valid" in valid

    *_, lost = blocks("The Key")
    there.run(blocks("The Key")[0])
    staging.client("kms").schedule_key_deletion(KeyId=first, PendingWindowInDays=7)
    with_a_key(staging, naming.state_key_alias("staging"))
    there.run(f"set -e\n{lost}")
    assert there.run("pulumi stack export --show-secrets").stdout.count('\\"lost\\"') > 10


def removed_and_kept(stack: Deployed) -> list[str]:
    """The files deleted in the root, and those with a remaining version."""
    found = stack.client("s3").list_object_versions(Bucket=BUCKET, Prefix=".pulumi/stacks/")
    versions = {one["Key"] for one in found["Versions"]}
    return [one["Key"] for one in found.get("DeleteMarkers", ()) if one["Key"] in versions]


def test_the_page_names_each_action() -> None:
    text = (stack_file.PROJECT_DIR / PAGE).read_text()
    assert all(f"operate {action}" in text or f"`{action}`" in text for action in Action)
