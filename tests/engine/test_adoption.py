"""`adopt` on an account that holds the application's original stack, with the real engine."""

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import missing
import terraform_stack
from engine import pulumi_cli, stack_file
from engine_stack import Deployed, deployed
from pipeline.adopt import lookups, pages, plan
from pipeline.adopt.verdicts import Verdict
from pipeline.hazards import changes
from pipeline.report.steps import steps_of
from programs import captured
from pulumi_moto import aws_shim

PROJECT = stack_file.PROJECT_DIR
STACK = "--stack production"
HOST = PROJECT / "tests" / "support" / "language_host.py"
ADOPTED = {
    ("Cluster", "arbor-production-cluster"),
    ("ClusterCapacityProviders", "arbor-production-cluster"),
    ("LogGroup", "/aws/ecs/containerinsights/arbor-production-cluster/performance"),
    ("LogGroup", "/aws/rds/instance/arbor-production-db/postgresql"),
    ("LogGroup", "/aws/rds/instance/arbor-production-db/upgrade"),
    ("LogGroup", "/ecs/arbor-production/backend"),
    ("LogGroup", "/ecs/arbor-production/frontend"),
    ("Repository", "arbor-production-backend"),
    ("Repository", "arbor-production-frontend"),
}
IN_THE_WAY = {
    ("Instance", "arbor-production-db"): ("dbName", "kmsKeyId", "username"),
    ("ReplicationGroup", "arbor-production-redis"): ("kmsKeyId", "subnetGroupName"),
    ("Service", "arbor-production-backend"): ("capacityProviderStrategies",),
    ("Service", "arbor-production-frontend"): ("capacityProviderStrategies",),
}
IMAGE = '{"schemaVersion": 2, "config": {"digest": "sha256:of-the-original"}}'
BACKEND_LOGS = "/ecs/arbor-production/backend"


def titled(verdict: Verdict) -> tuple[str, str]:
    return verdict.registered.token.rpartition(":")[2], verdict.found.name


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """An empty state of production, in an account with the original stack."""
    directory = tmp_path_factory.mktemp("programs")
    # `pulumi import` starts the host of the project's language; only the official CLI brings one.
    host = directory / "pulumi-language-python"
    host.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {HOST} "$@"\n')
    host.chmod(0o755)
    with deployed("production") as stack:
        terraform_stack.make(stack.client)
        aws_shim.install(directory, stack.environment["AWS_ENDPOINT_URL"])
        workspace = stack.deployment.stack.workspace
        path = os.pathsep.join((str(directory), workspace.env_vars["PATH"]))
        workspace.env_vars = {**workspace.env_vars, "PATH": path}
        yield stack


@pytest.fixture(scope="module")
def made(original: Deployed) -> plan.Plan:
    """The plan of `adopt`, which leaves the stack's own state unchanged."""
    found = plan.make(original.opened)
    assert (original.deployment.stack.export_stack().deployment or {}).get("resources", []) == []
    return found


@pytest.mark.slow
def test_the_original_stack_is_adopted_except_for_replacements(made: plan.Plan) -> None:
    assert {titled(one) for one in made.adopted} == ADOPTED
    assert {titled(one): one.judged and one.judged.keys for one in made.blocking} == IN_THE_WAY
    database = next(one for one in made.blocking if one.registered.token == lookups.INSTANCE)
    assert "dbName is arbor_energy; the program sets arbor_production" in database.reasons[0]
    ids = {one["id"] for one in made.content["resources"] if "id" in one}
    assert ids == {name for _, name in ADOPTED}


def run(script: str, stack: Deployed) -> str:
    """Run in a shell with `pulumi` and `aws`, as an operator would paste it."""
    variables = {**os.environ, **stack.environment, **stack.deployment.stack.workspace.env_vars}
    command = pulumi_cli.find_or_build(print, lambda _done, _total: None).command
    path = os.pathsep.join((variables["PATH"], str(Path(command).parent)))
    done = captured(
        ["bash", "-euc", script],
        cwd=stack.deployment.workdir,
        env={**variables, "PATH": path, "PULUMI_SKIP_CONFIRMATIONS": "true"},
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(aws_shim.find_aws() is None, reason=missing.needs("the AWS CLI", "awscli"))
def test_the_printed_commands_bring_the_stack_up(
    original: Deployed, made: plan.Plan, tmp_path: Path
) -> None:
    client, stack = original.client, original.deployment.stack
    client("ecr").put_image(
        repositoryName="arbor-production-backend",
        imageTag="v1.0.0",
        imageManifest=IMAGE,
        imageManifestMediaType="application/vnd.oci.image.manifest.v1+json",
    )
    client("logs").create_log_stream(logGroupName=BACKEND_LOGS, logStreamName="before")

    page = [line.strip() for line in pages.render(made, None).splitlines()]
    run("\n".join(line for line in page if line.startswith("aws ")), original)
    original.advance(3600)
    file = tmp_path / "adopt.json"
    output = run(
        f"cd {PROJECT}\n{sys.executable} -m pipeline adopt {STACK} --write {file}", original
    )
    assert f"Can be adopted: {len(ADOPTED)}\n" in output
    page = [line.strip() for line in output.splitlines()]
    run("\n".join(line for line in page if line.startswith("pulumi import")), original)
    steps = steps_of(stack.preview)
    assert changes.refusals(steps, original.opened.account) == []
    assert {step.op for step in steps} == {"create", "update"}
    assert plan.make(original.opened).verdicts == []  # each is in the stack's state now

    original.up()
    assert original.up() == []
    (image,) = client("ecr").list_images(repositoryName="arbor-production-backend")["imageIds"]
    assert image["imageTag"] == "v1.0.0"
    streams = client("logs").describe_log_streams(logGroupName=BACKEND_LOGS)["logStreams"]
    assert "before" in {one["logStreamName"] for one in streams}
    names = {
        one["DBInstanceIdentifier"] for one in client("rds").describe_db_instances()["DBInstances"]
    }
    assert names == {"arbor-production-db", "arbor-production-db-terraform"}
