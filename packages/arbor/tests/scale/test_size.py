"""resize: the registered revision, the deployment, refusals and messages."""

from functools import partial

import pytest

from arbor.procedure import Failed, Refused
from arbor.release import release
from arbor.scale import size as sizes
from arbor.scale.size import Size
from arbor_names import limits
from ecs_world import client
from operations_world import BACKEND, CLUSTER, FRONTEND, NEW, OLD, World, answers
from release_world import when

LARGER = Size(cpu=1024, memory=2048)


def resize(world: World, size: Size = LARGER) -> None:
    sizes.plan(world.account, "backend", size).execute(world.run())


def live(world: World) -> tuple[Size, dict[str, str]]:
    """Size and tags of the live revision."""
    arn = world.service(BACKEND)["taskDefinition"]
    found = client("ecs").describe_task_definition(taskDefinition=arn, include=["TAGS"])
    definition = found["taskDefinition"]
    tags = {tag["key"]: tag["value"] for tag in found["tags"]}
    return Size(cpu=int(definition["cpu"]), memory=int(definition["memory"])), tags


def test_only_the_size_of_the_live_revision_changes(world: World) -> None:
    before = world.service(BACKEND)["taskDefinition"]
    resize(world)
    size, tags = live(world)
    assert size == LARGER
    assert tags["ManagedBy"] == "operator"
    assert world.definition(before) == world.definition(world.service(BACKEND)["taskDefinition"])
    assert world.history(BACKEND)[0] == "SUCCESSFUL"
    assert world.printed("IN_PROGRESS BAKE_TIME")
    assert world.printed("wait until all tasks of arbor-staging-backend run the revision")
    assert world.printed("set arbor:services.backend.cpu to 1024")
    assert world.printed("arbor:services.backend.memory to 2048 in Pulumi.staging.yaml")


def test_a_resize_keeps_the_version_and_the_next_release_uses_infrastructures_size(
    world: World,
) -> None:
    release.plan(world.account, NEW, migrates=False, opener=answers).execute(world.run())
    resize(world)
    assert world.image(BACKEND) == NEW
    assert live(world)[1]["Version"] == NEW
    release.plan(world.account, OLD, migrates=False, opener=answers).execute(world.run())
    assert live(world)[0] == Size(cpu=512, memory=1024)


def test_a_registered_revision_of_a_killed_run_is_reused(world: World) -> None:
    plan = sizes.plan(world.account, "backend", LARGER)
    world.run().execute([next(plan.steps())])  # then the run was killed
    registered = len(world.revisions(BACKEND))
    resize(world)
    assert len(world.revisions(BACKEND)) == registered
    assert live(world)[0] == LARGER


def test_the_live_size_is_recognised(world: World) -> None:
    assert sizes.is_live(world.account, "backend", Size(cpu=512, memory=1024))
    assert not sizes.is_live(world.account, "backend", LARGER)
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)
    assert not sizes.is_live(world.account, "backend", Size(cpu=512, memory=1024))


@pytest.mark.parametrize("cpu", limits.FARGATE_MEMORY)
def test_an_invalid_memory_is_refused_with_the_allowed_values(world: World, cpu: int) -> None:
    before = world.writes()
    with pytest.raises(Refused) as refused:
        resize(world, Size(cpu=cpu, memory=1025))
    allowed = ", ".join(map(str, limits.FARGATE_MEMORY[cpu]))
    assert f"allowed with {cpu} CPU units: {allowed} MiB" in str(refused.value)
    assert world.writes() == before


def test_an_invalid_cpu_is_refused_with_the_allowed_values(world: World) -> None:
    with pytest.raises(Refused, match=r"no tasks with 300 CPU units; allowed: 256, 512, 1024"):
        sizes.is_live(world.account, "backend", Size(cpu=300, memory=1024))


def test_a_resize_during_a_deployment_is_refused(world: World) -> None:
    client("ecs").update_service(cluster=CLUSTER, service=FRONTEND, forceNewDeployment=True)
    resize(world)  # the other service's deployment is no obstacle
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)
    with pytest.raises(Refused, match="arbor-staging-backend is being deployed"):
        resize(world, Size(cpu=256, memory=512))


def test_a_missing_image_is_refused_before_a_revision_is_registered(world: World) -> None:
    client("ecr").batch_delete_image(repositoryName="backend", imageIds=[{"imageTag": OLD}])
    before = world.writes()
    with pytest.raises(Refused, match=f"backend has no image {OLD}"):
        resize(world)
    assert world.writes() == before


def test_a_failed_deployment_restores_the_old_size(world: World) -> None:
    when(world, f"{BACKEND}: IN_PROGRESS", partial(world.ring, "backend"))
    with pytest.raises(Failed) as failed:
        resize(world)
    assert "is ROLLBACK_SUCCESSFUL" in str(failed.value)
    assert f"{BACKEND} is back on {BACKEND}:1." in str(failed.value)
    assert live(world)[0] == Size(cpu=512, memory=1024)
