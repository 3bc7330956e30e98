"""resize: what is registered and deployed, what is refused, and what is said."""

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
    """Size and tags of what runs."""
    arn = world.service(BACKEND)["taskDefinition"]
    found = client("ecs").describe_task_definition(taskDefinition=arn, include=["TAGS"])
    definition = found["taskDefinition"]
    tags = {tag["key"]: tag["value"] for tag in found["tags"]}
    return Size(cpu=int(definition["cpu"]), memory=int(definition["memory"])), tags


def test_the_live_revision_runs_in_another_size_and_nothing_else_differs(world: World) -> None:
    before = world.service(BACKEND)["taskDefinition"]
    resize(world)
    size, tags = live(world)
    assert size == LARGER
    assert tags["ManagedBy"] == "operator"
    assert world.definition(before) == world.definition(world.service(BACKEND)["taskDefinition"])
    assert world.history(BACKEND)[0] == "SUCCESSFUL"
    assert world.heard("IN_PROGRESS BAKE_TIME")
    assert world.heard("wait until all tasks of arbor-staging-backend run it")
    assert world.heard("set arbor:services.backend.cpu to 1024")
    assert world.heard("arbor:services.backend.memory to 2048 in Pulumi.staging.yaml")


def test_what_was_released_stays_and_the_next_release_starts_from_infrastructure(
    world: World,
) -> None:
    release.plan(world.account, NEW, migrates=False, opener=answers).execute(world.run())
    resize(world)
    assert world.image(BACKEND) == NEW
    assert live(world)[1]["Version"] == NEW
    release.plan(world.account, OLD, migrates=False, opener=answers).execute(world.run())
    assert live(world)[0] == Size(cpu=512, memory=1024)


def test_a_revision_that_was_registered_and_not_deployed_is_used(world: World) -> None:
    plan = sizes.plan(world.account, "backend", LARGER)
    world.run().execute([next(plan.steps())])  # and then it was killed
    registered = len(world.revisions(BACKEND))
    resize(world)
    assert len(world.revisions(BACKEND)) == registered
    assert live(world)[0] == LARGER


def test_it_is_known_whether_there_is_anything_to_do(world: World) -> None:
    assert sizes.is_live(world.account, "backend", Size(cpu=512, memory=1024))
    assert not sizes.is_live(world.account, "backend", LARGER)
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)
    assert not sizes.is_live(world.account, "backend", Size(cpu=512, memory=1024))


@pytest.mark.parametrize("cpu", limits.FARGATE_MEMORY)
def test_a_memory_that_fargate_does_not_have_is_refused_with_those_it_has(
    world: World, cpu: int
) -> None:
    before = world.writes()
    with pytest.raises(Refused) as refused:
        resize(world, Size(cpu=cpu, memory=1025))
    allowed = ", ".join(map(str, limits.FARGATE_MEMORY[cpu]))
    assert f"allowed with {cpu} CPU units: {allowed} MiB" in str(refused.value)
    assert world.writes() == before


def test_a_cpu_that_fargate_does_not_have_is_refused_with_those_it_has(world: World) -> None:
    with pytest.raises(Refused, match=r"no tasks with 300 CPU units; allowed: 256, 512, 1024"):
        sizes.is_live(world.account, "backend", Size(cpu=300, memory=1024))


def test_during_a_deployment_it_is_refused(world: World) -> None:
    client("ecs").update_service(cluster=CLUSTER, service=FRONTEND, forceNewDeployment=True)
    resize(world)  # the other service's is no obstacle
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)
    with pytest.raises(Refused, match="arbor-staging-backend is being deployed"):
        resize(world, Size(cpu=256, memory=512))


def test_an_image_that_is_gone_is_refused_before_anything_is_registered(world: World) -> None:
    client("ecr").batch_delete_image(repositoryName="backend", imageIds=[{"imageTag": OLD}])
    before = world.writes()
    with pytest.raises(Refused, match=f"backend has no image {OLD}"):
        resize(world)
    assert world.writes() == before


def test_a_deployment_that_fails_is_a_failure_and_the_old_size_is_back(world: World) -> None:
    when(world, f"{BACKEND}: IN_PROGRESS", partial(world.ring, "backend"))
    with pytest.raises(Failed) as failed:
        resize(world)
    assert "is ROLLBACK_SUCCESSFUL" in str(failed.value)
    assert f"{BACKEND} is back on {BACKEND}:1." in str(failed.value)
    assert live(world)[0] == Size(cpu=512, memory=1024)
