"""resize: the registered revision, the deployment, refusals and messages."""

from functools import partial

import pytest

from arbor.procedure import Failed, Refused
from arbor.release import release
from arbor.scale import size as sizes
from arbor.scale.size import Size
from arbor_names import limits
from ecs_world import client
from release_fixtures import when
from staging_fixtures import BACKEND, CLUSTER, FRONTEND, NEW, OLD, Staging, answers

LARGER = Size(cpu=1024, memory=2048)


def resize(staging: Staging, size: Size = LARGER) -> None:
    sizes.plan(staging.account, "backend", size).execute(staging.run())


def live(staging: Staging) -> tuple[Size, dict[str, str]]:
    """Size and tags of the live revision."""
    arn = staging.service(BACKEND)["taskDefinition"]
    found = client("ecs").describe_task_definition(taskDefinition=arn, include=["TAGS"])
    definition = found["taskDefinition"]
    tags = {tag["key"]: tag["value"] for tag in found["tags"]}
    return Size(cpu=int(definition["cpu"]), memory=int(definition["memory"])), tags


def test_only_the_size_of_the_live_revision_changes(staging: Staging) -> None:
    before = staging.service(BACKEND)["taskDefinition"]
    resize(staging)
    size, tags = live(staging)
    assert size == LARGER
    assert tags["ManagedBy"] == "operator"
    assert staging.definition(before) == staging.definition(
        staging.service(BACKEND)["taskDefinition"]
    )
    assert staging.history(BACKEND)[0] == "SUCCESSFUL"
    assert staging.printed("IN_PROGRESS BAKE_TIME")
    assert staging.printed("wait until all tasks of arbor-staging-backend run the revision")
    assert staging.printed("set arbor:services.backend.cpu to 1024")
    assert staging.printed("arbor:services.backend.memory to 2048 in Pulumi.staging.yaml")


def test_a_resize_keeps_the_version_and_the_next_release_uses_infrastructures_size(
    staging: Staging,
) -> None:
    release.plan(staging.account, NEW, migrates=False, opener=answers).execute(staging.run())
    resize(staging)
    assert staging.image(BACKEND) == NEW
    assert live(staging)[1]["Version"] == NEW
    release.plan(staging.account, OLD, migrates=False, opener=answers).execute(staging.run())
    assert live(staging)[0] == Size(cpu=512, memory=1024)


def test_a_registered_revision_of_a_killed_run_is_reused(staging: Staging) -> None:
    plan = sizes.plan(staging.account, "backend", LARGER)
    staging.run().execute([next(plan.steps())])  # then the run was killed
    registered = len(staging.revisions(BACKEND))
    resize(staging)
    assert len(staging.revisions(BACKEND)) == registered
    assert live(staging)[0] == LARGER


def test_the_live_size_is_recognised(staging: Staging) -> None:
    assert sizes.is_live(staging.account, "backend", Size(cpu=512, memory=1024))
    assert not sizes.is_live(staging.account, "backend", LARGER)
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)
    assert not sizes.is_live(staging.account, "backend", Size(cpu=512, memory=1024))


@pytest.mark.parametrize("cpu", limits.FARGATE_MEMORY)
def test_an_invalid_memory_is_refused_with_the_allowed_values(staging: Staging, cpu: int) -> None:
    before = staging.writes()
    with pytest.raises(Refused) as refused:
        resize(staging, Size(cpu=cpu, memory=1025))
    allowed = ", ".join(map(str, limits.FARGATE_MEMORY[cpu]))
    assert f"allowed with {cpu} CPU units: {allowed} MiB" in str(refused.value)
    assert staging.writes() == before


def test_an_invalid_cpu_is_refused_with_the_allowed_values(staging: Staging) -> None:
    with pytest.raises(Refused, match=r"no tasks with 300 CPU units; allowed: 256, 512, 1024"):
        sizes.is_live(staging.account, "backend", Size(cpu=300, memory=1024))


def test_a_resize_during_a_deployment_is_refused(staging: Staging) -> None:
    client("ecs").update_service(cluster=CLUSTER, service=FRONTEND, forceNewDeployment=True)
    resize(staging)  # the other service's deployment is no obstacle
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)
    with pytest.raises(Refused, match="arbor-staging-backend is being deployed"):
        resize(staging, Size(cpu=256, memory=512))


def test_a_missing_image_is_refused_before_a_revision_is_registered(staging: Staging) -> None:
    client("ecr").batch_delete_image(repositoryName="backend", imageIds=[{"imageTag": OLD}])
    before = staging.writes()
    with pytest.raises(Refused, match=f"backend has no image {OLD}"):
        resize(staging)
    assert staging.writes() == before


def test_a_failed_deployment_restores_the_old_size(staging: Staging) -> None:
    when(staging, f"{BACKEND}: IN_PROGRESS", partial(staging.ring, "backend"))
    with pytest.raises(Failed) as failed:
        resize(staging)
    assert "is ROLLBACK_SUCCESSFUL" in str(failed.value)
    assert f"{BACKEND} is back on {BACKEND}:1." in str(failed.value)
    assert live(staging)[0] == Size(cpu=512, memory=1024)
