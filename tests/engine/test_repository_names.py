"""Image repositories: a live stack keeps its own, and moves to the promised names."""

import json
import os
import re
import shlex
import sys
from pathlib import Path

import pytest
from pulumi import automation

import missing
from engine import pulumi_cli, stack_file
from engine_stack import Deployed, Step, forget
from pipeline.hazards import changes
from pipeline.report.steps import steps_of
from programs import captured
from pulumi_moto import aws_shim
from runbook_fixtures import RUNBOOK

HOST = stack_file.PROJECT_DIR / "tests" / "support" / "language_host.py"
CRANE = '''#!{python}
"""Copies an image as crane does; the emulated account has no registry to push to."""
import sys
import boto3

if sys.argv[1] == "copy":
    ecr = boto3.client("ecr")
    (source, tag), (target, _) = (one.partition("/")[2].rsplit(":", 1) for one in sys.argv[2:])
    (image,) = ecr.batch_get_image(repositoryName=source, imageIds=[dict(imageTag=tag)])["images"]
    ecr.put_image(
        repositoryName=target,
        imageTag=tag,
        imageManifest=image["imageManifest"],
        imageManifestMediaType=image["imageManifestMediaType"],
    )
else:
    sys.stdin.read()  # the password
'''
MEDIA = "application/vnd.oci.image.manifest.v1+json"
APPS = ("backend", "frontend")
UP = "pulumi up --stack staging\n"


def named(app: str) -> str:
    """Pulumi's name from before the promised names."""
    return f"registry-{app}-0a1b2c3"


def images(stack: Deployed) -> dict[str, str]:
    """The images of the running tasks, by application."""
    ecs = stack.client("ecs")
    found = {}
    for app in APPS:
        (service,) = ecs.describe_services(
            cluster="arbor-staging-cluster", services=[f"arbor-staging-{app}"]
        )["services"]
        definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])
        found[app] = definition["taskDefinition"]["containerDefinitions"][0]["image"].split("/")[1]
    return found


def pushed(stack: Deployed, repository: str, *tags: str) -> None:
    for tag in tags:
        stack.client("ecr").put_image(
            repositoryName=repository,
            imageTag=tag,
            imageManifest=json.dumps({"schemaVersion": 2, "config": {"digest": repository}}),
            imageManifestMediaType=MEDIA,
        )


def released(stack: Deployed, version: str) -> None:
    done = stack.operate(
        "deploy", version, "--yes", "--no-url", "--every", "0.5", "--stack", "staging"
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.fixture
def before(staging: Deployed) -> Deployed:
    """Staging as deployed by an older version of this project, with an image in each repository."""
    ecr, exported = staging.client("ecr"), staging.deployment.stack.export_stack()
    assert exported.deployment is not None
    for app in APPS:
        new, old = f"arbor-staging-{app}", named(app)
        ecr.create_repository(
            repositoryName=old,
            imageTagMutability="IMMUTABLE",
            imageScanningConfiguration={"scanOnPush": True},
        )
        policy = ecr.get_lifecycle_policy(repositoryName=new)["lifecyclePolicyText"]
        ecr.put_lifecycle_policy(repositoryName=old, lifecyclePolicyText=policy)
        ecr.delete_repository(repositoryName=new, force=True)
        pushed(staging, old, "v1.0.0", "v1.2.3")
        for one in exported.deployment["resources"]:
            if one["type"].startswith("aws:ecr/"):
                text = json.dumps({key: one[key] for key in ("id", "inputs", "outputs")})
                one.update(json.loads(text.replace(new, old)))
    staging.deployment.stack.import_stack(
        automation.Deployment(version=exported.version, deployment=exported.deployment)
    )
    staging.refresh()
    staging.up()
    released(staging, "v1.2.3")
    return staging


def test_up_of_a_live_stack_keeps_its_repositories_and_makes_latest_mutable(
    before: Deployed,
) -> None:
    for app in APPS:
        before.client("ecr").put_image_tag_mutability(
            repositoryName=named(app), imageTagMutability="IMMUTABLE"
        )
    before.refresh()
    token = "aws:ecr/repository:Repository"
    assert set(before.preview()) == {
        Step(op="update", token=token, name=f"registry-{app}") for app in APPS
    }
    assert changes.refusals(steps_of(before.deployment.stack.preview), before.opened.account) == []
    before.up()
    assert before.up() == []
    assert images(before) == {app: f"{named(app)}:v1.2.3" for app in APPS}
    for app in APPS:
        pushed(before, named(app), "latest")


def commands(heading: str) -> str:
    """The runbook's commands below a heading, for staging."""
    section = RUNBOOK.read_text().split(f"### {heading}")[1].split("\n### ")[0]
    found = re.findall(r"^```bash\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return "set -euo pipefail\n" + "\n".join(found).replace("production", "staging")


def programs(directory: Path, stack: Deployed) -> dict[str, str]:
    """The environment of a shell with `pulumi`, `aws` and `crane` for this stack."""
    command = pulumi_cli.find_or_build(print, lambda _done, _total: None)
    texts = {
        "pulumi-language-python": f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {HOST} "$@"\n',
        "crane": CRANE.format(python=sys.executable),
    }
    for name, text in texts.items():
        (directory / name).write_text(text)
        (directory / name).chmod(0o755)
    aws_shim.install(directory, stack.environment["AWS_ENDPOINT_URL"])
    path = (str(directory), str(Path(command.command).parent), os.environ["PATH"])
    return {
        **os.environ,
        **stack.environment,
        **stack.deployment.stack.workspace.env_vars,
        "PATH": os.pathsep.join(path),
        "PULUMI_SKIP_CONFIRMATIONS": "true",
    }


def run(script: str, stack: Deployed, environment: dict[str, str]) -> None:
    done = captured(
        ["bash", "-c", script], cwd=stack.deployment.workdir, env=environment, timeout=600
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-3000:]}"


@pytest.mark.skipif(aws_shim.find_aws() is None, reason=missing.needs("the AWS CLI", "awscli"))
@pytest.mark.slow
def test_a_repository_of_the_account_is_refused_then_adopted_with_its_images(
    staging: Deployed, tmp_path: Path
) -> None:
    """As in an account in which the repository was created outside the stack."""
    pushed(staging, "arbor-staging-backend", "v1.2.3")
    staging.client("ecr").put_image_tag_mutability(
        repositoryName="arbor-staging-backend", imageTagMutability="MUTABLE"
    )
    forget(staging, "registry-backend", "registry-backend-lifecycle")
    stack = staging.deployment.stack
    (sentence,) = changes.refusals(steps_of(stack.preview), staging.opened.account)
    assert sentence.startswith("arbor-staging-backend (registry-backend) would be created, but")

    run(commands("Adopt an Image Repository"), staging, programs(tmp_path, staging))
    assert changes.refusals(steps_of(stack.preview), staging.opened.account) == []
    staging.up()
    assert staging.up() == []
    ecr = staging.client("ecr")
    (found,) = ecr.describe_repositories(repositoryNames=["arbor-staging-backend"])["repositories"]
    assert found["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    held = ecr.list_images(repositoryName="arbor-staging-backend")["imageIds"]
    assert "v1.2.3" in {one["imageTag"] for one in held}


@pytest.mark.skipif(aws_shim.find_aws() is None, reason=missing.needs("the AWS CLI", "awscli"))
@pytest.mark.slow
def test_a_live_stack_moves_to_the_promised_names_by_the_runbook(
    before: Deployed, tmp_path: Path
) -> None:
    environment = programs(tmp_path, before)
    script = commands("Give Image Repositories Their Promised Names")
    assert script.endswith(UP)
    for app in APPS:
        # The plain command needs the program next to the stack's file; `up` is equivalent here.
        run(script.removesuffix(UP).replace("APP=backend", f"APP={app}"), before, environment)
        before.up()
        assert images(before)[app] == f"{named(app)}:v1.2.3"

    assert before.preview() == []
    for app in APPS:
        (new,) = before.client("ecr").describe_repositories(
            repositoryNames=[f"arbor-staging-{app}"]
        )["repositories"]
        assert new["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
        before.client("ecr").get_lifecycle_policy(repositoryName=f"arbor-staging-{app}")
    before.refresh()
    assert before.up() == []
    iam = before.client("iam")
    ecs = before.client("ecs")
    live = ecs.describe_task_definition(taskDefinition="arbor-staging-backend")["taskDefinition"]
    execution = live["executionRoleArn"].rsplit("/", 1)[-1]
    policy = iam.get_role_policy(
        RoleName=execution, PolicyName=iam.list_role_policies(RoleName=execution)["PolicyNames"][0]
    )["PolicyDocument"]
    assert "repository/arbor-staging-backend" in json.dumps(policy)
    # Until the release, the tasks pull from the old repository with its own policy.
    allowed = before.client("ecr").get_repository_policy(repositoryName=named("backend"))
    assert execution in allowed["policyText"]

    released(before, "v1.2.3")
    assert images(before) == {app: f"arbor-staging-{app}:v1.2.3" for app in APPS}
