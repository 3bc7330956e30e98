"""A rollback: to what was live before, once, however often it is run."""

import pytest

from arbor.procedure import Failed, Refused, Run
from arbor.release import release, rollback
from arbor.release.rollback import Already
from ecs_world import client
from operations_world import BACKEND, CLUSTER, FRONTEND, NEW, OLD, World, push
from pulumi_moto.clock import CLOCK
from release_world import NEWER, deployed, runs, when

EVERY = ("frontend", "backend")


def rolled_back(world: World, *apps: str, to: str | None = None) -> None:
    rollback.plan(world.account, apps or EVERY, to).execute(world.run())


def already(world: World, *apps: str, to: str | None = None) -> str:
    """Run it where nothing is left to do, and see that nothing is done."""
    before = world.writes()
    with pytest.raises(Already) as found:
        rollback.plan(world.account, apps or EVERY, to)
    assert world.writes() == before
    return str(found.value)


def refused(world: World, *apps: str, to: str | None = None) -> str:
    before = world.writes()
    with pytest.raises(Refused) as found:
        rollback.plan(world.account, apps or EVERY, to)
    assert world.writes() == before
    return str(found.value)


def begin(name: str, revision: int) -> None:
    """Another deployment, as from elsewhere."""
    client("ecs").update_service(cluster=CLUSTER, service=name, taskDefinition=f"{name}:{revision}")


def images(world: World) -> tuple[str, str]:
    return world.image(BACKEND), world.image(FRONTEND)


def test_both_services_go_back_to_what_was_live_before_the_frontend_first(world: World) -> None:
    deployed(world, NEW, NEWER)
    world.said.clear()
    rolled_back(world)
    assert images(world) == (NEW, NEW)
    assert runs(BACKEND) == {f"{BACKEND}:2"}
    says = [line for line in world.said if line.startswith("move ")]
    assert says == [
        f"move {name} from {name}:3 to {name}:2 ({NEW})" for name in (FRONTEND, BACKEND)
    ]
    assert world.heard(f"wait until all tasks of {BACKEND} run it")


def test_a_second_rollback_neither_swings_forward_nor_goes_further_back(world: World) -> None:
    deployed(world, NEW, NEWER)
    rolled_back(world)
    told = already(world)
    assert f"backend was rolled back from {BACKEND}:3 to {BACKEND}:2 at 20" in told
    assert "to go further back: `arbor rollback backend --to 1 --stack staging`" in told
    assert f"frontend was rolled back from {FRONTEND}:3 to {FRONTEND}:2" in told


def test_a_restart_after_a_rollback_does_not_hide_it(world: World) -> None:
    deployed(world, NEW, NEWER)
    rolled_back(world, "backend")
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)
    world.finish()
    assert f"from {BACKEND}:3 to {BACKEND}:2" in already(world, "backend")


def test_a_release_after_a_rollback_goes_back_to_what_that_led_to(world: World) -> None:
    deployed(world, NEW)
    rolled_back(world)
    deployed(world, NEWER)
    rolled_back(world)
    assert images(world) == (OLD, OLD)  # not to what was left because it was bad


def test_what_ecs_has_taken_back_is_not_taken_back_further(world: World) -> None:
    deployed(world, NEW)
    when(world, f"{BACKEND}: IN_PROGRESS", lambda: world.ring("backend"))
    with pytest.raises(Failed):
        deployed(world, NEWER)
    assert f"from {BACKEND}:3 to {BACKEND}:2" in already(world, "backend")


def test_a_deployment_under_way_is_taken_back(world: World) -> None:
    deployed(world, NEW, NEWER)
    rolled_back(world, "backend")  # :2
    begin(BACKEND, 3)
    rolled_back(world, "backend")
    assert world.history(BACKEND)[0] == "ROLLBACK_SUCCESSFUL"
    assert runs(BACKEND) == {f"{BACKEND}:2"}
    assert len(world.deployments(BACKEND)) == 5  # ours was none of its own
    assert f"from {BACKEND}:3 to {BACKEND}:2" in already(world, "backend")


def test_a_deployment_that_waits_for_a_person_is_taken_back(world: World) -> None:
    deployed(world, NEW)
    rolled_back(world)
    world.pause(BACKEND)
    begin(BACKEND, 2)
    CLOCK.advance(600)
    rolled_back(world, "backend")
    assert runs(BACKEND) == {f"{BACKEND}:1"}


def test_a_deployment_that_succeeds_at_that_moment_is_followed_by_one_back(world: World) -> None:
    deployed(world, NEW)
    rolled_back(world, "backend")
    begin(BACKEND, 2)
    plan = rollback.plan(world.account, ("backend",))
    world.finish()
    assert runs(BACKEND) == {f"{BACKEND}:2"}
    plan.execute(world.run())
    assert runs(BACKEND) == {f"{BACKEND}:1"}
    assert world.history(BACKEND)[:2] == ["SUCCESSFUL", "SUCCESSFUL"]


def test_a_rollback_under_way_is_waited_for_and_not_taken_back(world: World) -> None:
    """As after a kill: what the first run began goes back already."""
    deployed(world, NEW)
    world.pause(BACKEND)
    begin(BACKEND, 1)
    rolled_back(world, "backend")
    assert world.heard(f"wait for the rollback of {BACKEND} to {BACKEND}:1 ({OLD})")
    assert world.history(BACKEND) == ["SUCCESSFUL"] * 3
    assert runs(BACKEND) == {f"{BACKEND}:1"}


def test_a_rollback_that_ecs_is_taking_back_is_waited_for(world: World) -> None:
    deployed(world, NEW)
    begin(BACKEND, 1)
    (arn, *_) = (d["serviceDeploymentArn"] for d in world.deployments(BACKEND))
    client("ecs").stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
    assert "is itself being taken back" in refused(world, "backend")


def test_a_rollback_that_failed_is_tried_again(world: World) -> None:
    deployed(world, NEW)
    world.said.clear()
    when(world, f"{BACKEND}: IN_PROGRESS", lambda: world.ring("backend"))
    with pytest.raises(Failed) as failed:
        rolled_back(world)
    assert "is ROLLBACK_SUCCESSFUL" in str(failed.value)
    assert f"{BACKEND} is NOT known to be back on {BACKEND}:1 ({OLD})." in str(failed.value)
    assert images(world) == (NEW, OLD)
    rolled_back(world)  # an alarm that rings already is not watched
    assert images(world) == (OLD, OLD)


def test_a_service_that_was_not_reached_is_told(world: World) -> None:
    deployed(world, NEW)
    when(world, f"{FRONTEND}: IN_PROGRESS", lambda: world.ring("frontend"))
    with pytest.raises(Failed, match=f"{BACKEND} was not touched"):
        rolled_back(world)
    assert images(world) == (NEW, NEW)


def test_a_deployment_that_was_left_half_way_goes_back_to_the_last_success(world: World) -> None:
    deployed(world, NEW)
    half_way(world, 1)  # a rollback: it is finished
    rolled_back(world, "backend")
    assert runs(BACKEND) == {f"{BACKEND}:1"}


def test_a_release_that_was_left_half_way_goes_back(world: World) -> None:
    deployed(world, NEW)
    rolled_back(world)
    half_way(world, 2)
    rolled_back(world, "backend")
    assert runs(BACKEND) == {f"{BACKEND}:1"}
    assert f"from {BACKEND}:2 to {BACKEND}:1" in already(world, "backend")


def half_way(world: World, revision: int) -> None:
    strategy = world.service(BACKEND)["deploymentConfiguration"]
    alarms = {**strategy["alarms"], "rollback": False}
    client("ecs").update_service(
        cluster=CLUSTER,
        service=BACKEND,
        taskDefinition=f"{BACKEND}:{revision}",
        deploymentConfiguration={**strategy, "alarms": alarms},
    )
    world.ring("backend")
    assert world.history(BACKEND)[0] == "STOPPED"


def test_services_that_would_end_on_different_versions_are_refused(world: World) -> None:
    """As after a release that died between the two: the frontend's part has not begun."""
    deployed(world, NEW)
    push("backend", NEWER)
    push("frontend", NEWER)
    begun = release.plan(world.account, NEWER, migrates=False, opener=None)
    world.run().execute(begun.parts[0].steps())
    told = refused(world)
    assert f"backend on {BACKEND}:2 ({NEW})" in told
    assert f"frontend on {FRONTEND}:1 ({OLD})" in told
    each = (f"`arbor rollback {app} --stack staging`" for app in ("frontend", "backend"))
    assert f"one at a time: {' or '.join(each)}" in told
    rolled_back(world, "backend")
    assert images(world) == (NEW, NEW)


def test_a_named_revision_is_gone_to_and_then_left_alone(world: World) -> None:
    deployed(world, NEW, NEWER)
    rolled_back(world, "backend", to="1")
    assert runs(BACKEND) == {f"{BACKEND}:1"}
    assert "backend is on arbor-staging-backend:1 already" in already(world, "backend", to="1")
    rolled_back(world, "backend", to=f"{BACKEND}:3")
    assert runs(BACKEND) == {f"{BACKEND}:3"}


def test_the_named_revision_is_what_a_deployment_under_way_came_from(world: World) -> None:
    deployed(world, NEW)
    begin(BACKEND, 1)
    rolled_back(world, "backend", to="2")
    assert world.history(BACKEND)[0] == "ROLLBACK_SUCCESSFUL"
    assert runs(BACKEND) == {f"{BACKEND}:2"}


def test_a_named_revision_that_is_under_way_is_waited_for(world: World) -> None:
    deployed(world, NEW)
    begin(BACKEND, 1)
    rolled_back(world, "backend", to="1")
    assert world.history(BACKEND) == ["SUCCESSFUL"] * 3


def test_a_named_revision_beside_a_deployment_under_way_is_refused(world: World) -> None:
    deployed(world, NEW, NEWER)
    rolled_back(world, "backend")
    begin(BACKEND, 3)
    assert f"backend is being deployed: {BACKEND}:3" in refused(world, "backend", to="1")
    assert "wait until it is over" in refused(world, "backend", to="3")


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        ("9", f"There is no revision {BACKEND}:9; `arbor revisions backend --stack staging`"),
        ("0/", f" is neither a revision nor a version; allowed: 12, {BACKEND}:12, or a version"),
        ("newest", f"None of the newest 100 revisions of {BACKEND} runs newest; `arbor"),
        (f"{FRONTEND}:1", f"{FRONTEND}:1 is not a revision of {BACKEND}"),
    ],
)
def test_what_is_no_revision_of_the_service_is_refused(
    world: World, to: str, sentence: str
) -> None:
    assert sentence in refused(world, "backend", to=to)


def test_a_revision_that_could_not_run_is_refused(world: World) -> None:
    deployed(world, NEW)
    client("ecr").batch_delete_image(repositoryName="backend", imageIds=[{"imageTag": OLD}])
    assert f"{BACKEND}:1 could not run any more: backend has no image {OLD}" in refused(world)
    assert f"backend has no image {OLD}" in refused(world, "backend", to="1")


def test_a_deregistered_revision_is_refused(world: World) -> None:
    deployed(world, NEW)
    client("ecs").deregister_task_definition(taskDefinition=f"{BACKEND}:1")
    assert f"{BACKEND}:1 is INACTIVE, and ECS deploys only ACTIVE ones" in refused(world, "backend")
    assert "is INACTIVE" in refused(world, "backend", to="1")


def test_without_anything_to_go_back_to_it_is_refused(world: World) -> None:
    told = refused(world)
    assert "backend has nothing to go back to" in told
    assert "frontend has nothing to go back to" in told
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)
    world.finish()
    assert "nothing to go back to" in refused(world, "backend")


def test_a_dry_run_changes_nothing(world: World) -> None:
    deployed(world, NEW)
    begin(FRONTEND, 1)
    before = world.writes()
    world.said.clear()
    rollback.plan(world.account, EVERY).execute(world.run(dry_run=True))
    assert world.writes() == before
    assert world.said == [
        f"would wait for the rollback of {FRONTEND} to {FRONTEND}:1 ({OLD}), which is under way",
        f"would wait until all tasks of {FRONTEND} run it and all targets are healthy",
        f"would move {BACKEND} from {BACKEND}:2 to {BACKEND}:1 ({OLD})",
        f"would wait until all tasks of {BACKEND} run it and all targets are healthy",
    ]
    world.finish()
    begin(BACKEND, 1)
    world.finish()
    begin(BACKEND, 2)
    world.said.clear()
    rollback.plan(world.account, ("backend",)).execute(world.run(dry_run=True))
    assert len(world.said) == 2
    assert "would roll back the deployment" in world.said[0]


def test_a_deployment_that_hangs_is_told(world: World) -> None:
    deployed(world, NEW)
    run = Run(say=world.said.append, every=60, sleep=lambda _: CLOCK.advance(0.1))
    with pytest.raises(Failed, match="no effect after"):
        rollback.plan(world.account, ("backend",)).execute(run)


def test_a_version_is_the_revision_that_was_live_with_it(world: World) -> None:
    deployed(world, NEW)
    world.infrastructure("backend", OLD)  # newer, and never deployed
    rolled_back(world, "backend", to=OLD)
    assert runs(BACKEND) == {f"{BACKEND}:1"}
