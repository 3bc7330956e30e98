"""The commands that deploy, for the fault drill."""

import json
from collections.abc import Callable
from typing import Any

from arbor.account import Account
from arbor.procedure import Run
from arbor.release import release
from fault_wire import Wire
from faults import LONG, Case

Client = Any
Clients = Callable[[str], Client]
CLUSTER = "arbor-production-cluster"
APPS = ("backend", "frontend")


def push(version: str) -> Callable[[Wire], None]:
    """Push both images of a version."""

    def pushed(wire: Wire) -> None:
        client = wire.client
        for image in _live_images(client).values():
            repository = image.split("/", 1)[1].rsplit(":", 1)[0]
            manifest = {"schemaVersion": 2, "config": {"digest": f"sha256:{repository}{version}"}}
            client("ecr").put_image(
                repositoryName=repository,
                imageTag=version,
                imageManifest=json.dumps(manifest),
                imageManifestMediaType="application/vnd.oci.image.manifest.v1+json",
            )

    return pushed


def _live_images(client: Clients) -> dict[str, str]:
    """The images of the running tasks, by application."""
    ecs, found = client("ecs"), {}
    for app in APPS:
        name = f"arbor-production-{app}"
        arns = ecs.list_tasks(cluster=CLUSTER, serviceName=name)["taskArns"]
        tasks = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"]
        definitions = {task["taskDefinitionArn"] for task in tasks}
        (image,) = {
            ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"][
                "containerDefinitions"
            ][0]["image"]
            for arn in definitions
        }
        found[app] = image
    return found


def released(wire: Wire) -> tuple[object, ...]:
    """The running images, and the status of the last deployments."""
    client = wire.client
    return _live_images(client), _last_deployments(client)


def migrated(wire: Wire) -> object:
    """The same, and that the migrations ran; a repeated release may run them again."""
    return (*released(wire), _migrations(wire.client) > 0)


def _last_deployments(client: Clients) -> dict[str, str]:
    """The status of the last deployments."""
    ecs, last = client("ecs"), {}
    for app in APPS:
        deployments = ecs.list_service_deployments(
            cluster=CLUSTER, service=f"arbor-production-{app}"
        )["serviceDeployments"]
        last[app] = max(deployments, key=lambda one: one["createdAt"])["status"]
    return last


def _migrations(client: Clients) -> int:
    """How often the migrations ran."""
    found = client("ecs").list_tasks(
        cluster=CLUSTER, family="arbor-production-migrations", desiredStatus="STOPPED"
    )
    return len(found["taskArns"])


def push_live(wire: Wire) -> None:
    """Push the running images, which exist only by name."""
    (version,) = {image.rsplit(":", 1)[1] for image in _live_images(wire.client).values()}
    push(version)(wire)


def two_releases(wire: Wire) -> None:
    """The engine's deployment, and another after it."""
    push_live(wire)
    push("v1.2.3")(wire)
    account = Account(stack="production", client=wire.client)
    release.plan(account, "v1.2.3", migrates=False, opener=None).execute(_run(wire))


def two_releases_and_a_third_under_way(wire: Wire) -> None:
    """Releases of the backend."""
    two_releases(wire)
    push("v1.2.4")(wire)
    account = Account(stack="production", client=wire.client)
    backend, _ = release.plan(account, "v1.2.4", migrates=False, opener=None).parts
    assert backend.rollout is not None
    for step in (*backend.planned.steps(), backend.rollout.step()):
        step.do()


def _run(wire: Wire) -> Run:
    def sleep(seconds: float) -> None:
        wire.copy.control("clock", advance=seconds)

    return Run(say=lambda _: None, every=LONG, sleep=sleep)


CASES = (
    Case(words=("deploy", "v1.2.3", "--no-url"), prepare=push("v1.2.3"), state=released),
    Case(words=("release", "v1.2.3", "--no-url"), prepare=push("v1.2.3"), state=migrated),
    Case(words=("migrate",), prepare=push_live, state=lambda w: _migrations(w.client) > 0),
    Case(words=("restart", "backend"), prepare=push_live, state=released),
    Case(words=("rollback",), prepare=two_releases, state=released),
    Case(words=("rollback", "backend"), prepare=two_releases_and_a_third_under_way, state=released),
    Case(words=("rollback", "frontend", "--to", "1"), prepare=two_releases, state=released),
)
