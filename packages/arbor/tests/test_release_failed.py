"""A release that fails leaves both services on what was live before, and says so."""

from functools import partial

import pytest

from arbor.ecs.health import Opener
from arbor.procedure import Failed, Run
from arbor.release import release
from ecs_world import client, forward
from operations_world import (
    BACKEND,
    CLUSTER,
    DOMAIN,
    FRONTEND,
    NEW,
    OLD,
    World,
    answers,
    push,
)
from pulumi_moto.clock import CLOCK
from release_world import when


def failing(world: World, *, version: str = NEW, opener: Opener | None = answers) -> str:
    """Release, and return what went wrong."""
    with pytest.raises(Failed) as failed:
        release.plan(world.account, version, opener=opener).execute(world.run())
    return str(failed.value)


def test_a_migration_that_fails_stops_the_release_before_anything_is_deployed(
    world: World,
) -> None:
    world.infrastructure("migrations", command=["sh", "-c", "exit 3"])
    before = world.history(BACKEND), world.history(FRONTEND)
    told = failing(world)
    assert f"The migrations of {NEW} ended with exit code 3: Essential container" in told
    (task,) = world.migrations()
    stream = f"migrations/backend/{task['taskArn'].rsplit('/', 1)[-1]}"
    assert f"aws logs tail /ecs/arbor-staging/migrations --log-stream-names {stream}" in told
    assert "No service was changed." in told
    assert (world.history(BACKEND), world.history(FRONTEND)) == before


def test_a_backend_that_ecs_rolls_back_is_a_failure_and_the_frontend_is_not_touched(
    world: World,
) -> None:
    when(world, f"{BACKEND}: IN_PROGRESS", partial(world.ring, "backend"))
    told = failing(world)
    assert f"The deployment of {NEW} to {BACKEND} is ROLLBACK_SUCCESSFUL" in told
    assert "alarm backend-5xx went into ALARM" in told
    assert f"{BACKEND} is back on {BACKEND}:1." in told
    assert "Migrations are not undone" in told
    assert (world.image(BACKEND), world.image(FRONTEND)) == (OLD, OLD)
    assert world.history(FRONTEND) == ["SUCCESSFUL"]


def test_a_frontend_that_fails_takes_the_backend_back_with_it(world: World) -> None:
    when(world, f"{FRONTEND}: IN_PROGRESS", partial(world.ring, "frontend"))
    told = failing(world)
    assert f"The deployment of {NEW} to {FRONTEND} is ROLLBACK_SUCCESSFUL" in told
    assert f"{FRONTEND} is back on {FRONTEND}:1." in told
    assert f"{BACKEND} is back on {BACKEND}:1." in told
    assert (world.image(BACKEND), world.image(FRONTEND)) == (OLD, OLD)
    assert world.history(BACKEND) == ["SUCCESSFUL"] * 3  # the old, the new, the old again


def test_a_release_that_failed_can_be_tried_again(world: World) -> None:
    when(world, f"{FRONTEND}: IN_PROGRESS", partial(world.ring, "frontend"))
    failing(world)
    client("cloudwatch").set_alarm_state(
        AlarmName="frontend-5xx", StateValue="OK", StateReason="mended"
    )
    revisions = world.revisions(BACKEND)
    release.plan(world.account, NEW, opener=answers).execute(world.run())
    assert (world.image(BACKEND), world.image(FRONTEND)) == (NEW, NEW)
    assert world.revisions(BACKEND) == revisions


def test_what_is_taken_back_is_what_was_live_and_not_what_infrastructure_registered(
    world: World,
) -> None:
    release.plan(world.account, NEW, opener=None).execute(world.run())
    push("backend", "v1.2.0")
    push("frontend", "v1.2.0")
    world.infrastructure("backend", environment=[])
    when(world, f"{FRONTEND}: IN_PROGRESS", partial(world.ring, "frontend"))
    failing(world, version="v1.2.0")
    assert (world.image(BACKEND), world.image(FRONTEND)) == (NEW, NEW)


def take_a_group_from_the_rule(world: World) -> None:
    """As somebody does by hand who wants to be sure where traffic goes."""
    elb = client("elbv2")
    (rule,) = elb.describe_rules(RuleArns=[world.rules["backend"]])["Rules"]
    groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    live = max(groups, key=lambda group: group["Weight"])["TargetGroupArn"]
    elb.modify_rule(RuleArn=world.rules["backend"], Actions=[forward((live, 100))])


def test_a_rule_that_lacks_a_group_fails_the_deployment(world: World) -> None:
    take_a_group_from_the_rule(world)
    told = failing(world)
    assert "is not associated with listener rule" in told
    assert f"{BACKEND} is back on {BACKEND}:1." in told
    assert (world.image(BACKEND), world.image(FRONTEND)) == (OLD, OLD)


def test_a_service_that_cannot_be_taken_back_is_told_and_the_other_one_is(world: World) -> None:
    def trouble() -> None:
        world.ring("frontend")
        take_a_group_from_the_rule(world)

    when(world, f"{FRONTEND}: IN_PROGRESS", trouble)
    told = failing(world)
    assert f"{BACKEND} is NOT back: The deployment of {BACKEND}:1 to {BACKEND} is ROLL" in told
    assert f"{FRONTEND} is back on {FRONTEND}:1." in told
    assert (world.image(BACKEND), world.image(FRONTEND)) == (NEW, OLD)


def test_a_public_url_that_answers_badly_takes_both_back(world: World) -> None:
    told = failing(world, opener=lambda _: (503, ""))
    assert f"https://{DOMAIN}/api/v1/health answers 503." in told
    assert (world.image(BACKEND), world.image(FRONTEND)) == (OLD, OLD)


def test_a_target_that_stays_unhealthy_takes_the_services_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arbor.ecs.health.Health._targets", lambda _: (1, 2))
    told = failing(world)
    assert "2 of 2 tasks running it, 1 of 2 targets healthy" in told
    assert (world.image(BACKEND), world.image(FRONTEND)) == (OLD, OLD)


def test_a_deployment_that_hangs_is_rolled_back_when_its_time_is_over(world: World) -> None:
    """Tasks that never start fail no blue/green deployment, so that nobody else ends it."""
    run = Run(say=world.said.append, every=60, sleep=lambda _: CLOCK.advance(1))
    plan = release.plan(world.account, NEW, opener=None)
    with pytest.raises(Failed) as failed:
        plan.execute(run)
    told = str(failed.value)
    assert "no effect after" in told
    assert f"{BACKEND} is back on {BACKEND}:1." in told
    assert world.history(BACKEND)[0] == "ROLLBACK_SUCCESSFUL"


def test_a_deployment_that_somebody_began_meanwhile_is_left_to_them(world: World) -> None:
    def interfere() -> None:
        client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)

    when(world, f"{BACKEND}: IN_PROGRESS", interfere)
    told = failing(world)
    assert f"The deployment of {NEW} to {BACKEND} is STOPPED" in told
    assert f"{BACKEND} is NOT back: {BACKEND} is left alone: another deployment has begun" in told
    assert world.history(BACKEND)[:2] == ["IN_PROGRESS", "STOPPED"]


def test_a_deployment_that_began_while_migrating_is_not_interrupted(world: World) -> None:
    def interfere() -> None:
        client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)

    when(world, f"deploy {NEW} to {BACKEND}", interfere)
    told = failing(world)
    assert f"{BACKEND} is being deployed: {BACKEND}:1" in told
    assert "No service was changed." in told


def test_a_deployment_that_ecs_refuses_takes_back_what_was_deployed_before(world: World) -> None:
    def close() -> None:
        for arn in world.revisions(FRONTEND):
            client("ecs").deregister_task_definition(taskDefinition=arn)

    when(world, f"deploy {NEW} to {FRONTEND}", close)
    told = failing(world)
    assert "TaskDefinition is inactive" in told
    assert f"{BACKEND} is back on {BACKEND}:1." in told
    assert (world.image(BACKEND), world.image(FRONTEND)) == (OLD, OLD)
    assert world.history(FRONTEND) == ["SUCCESSFUL"]
