"""Tenet 2: a release changes no infrastructure, and `up` undoes no release (real engine)."""

import json

from engine_stack import Deployed

CLUSTER = "arbor-staging-cluster"
SERVICES = ("arbor-staging-backend", "arbor-staging-frontend")


def images(stack: Deployed) -> list[str]:
    """The images of the running tasks."""
    ecs = stack.client("ecs")
    found = ecs.describe_services(cluster=CLUSTER, services=list(SERVICES))["services"]
    arns = {service["serviceName"]: service["taskDefinition"] for service in found}
    definitions = [
        ecs.describe_task_definition(taskDefinition=arns[name])["taskDefinition"]
        for name in SERVICES
    ]
    return [definition["containerDefinitions"][0]["image"] for definition in definitions]


def push(stack: Deployed, version: str) -> None:
    """Push both images to the stack's repositories."""
    for image in images(stack):
        repository = image.split("/", 1)[1].rsplit(":", 1)[0]
        manifest = {"schemaVersion": 2, "config": {"digest": f"sha256:{repository}{version}"}}
        stack.client("ecr").put_image(
            repositoryName=repository,
            imageTag=version,
            imageManifest=json.dumps(manifest),
            imageManifestMediaType="application/vnd.oci.image.manifest.v1+json",
        )


def test_releases_and_infrastructure_are_independent(staging: Deployed) -> None:
    before = images(staging)
    push(staging, "v1.2.3")

    done = staging.operate(
        "release", "v1.2.3", "--yes", "--no-url", "--every", "0.5", "--stack", "staging"
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    released = [f"{image.rsplit(':', 1)[0]}:v1.2.3" for image in before]
    assert images(staging) == released

    assert staging.preview() == []
    staging.refresh()
    assert staging.up() == []
    assert images(staging) == released


def test_a_version_that_was_never_pushed_is_refused(staging: Deployed) -> None:
    before = images(staging)
    done = staging.operate("release", "v9.9.9", "--yes", "--no-url", "--stack", "staging")
    assert done.returncode == 3
    assert "has no image v9.9.9" in done.stderr
    assert images(staging) == before
