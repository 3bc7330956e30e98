"""A failed release restores the revisions that were live in both services, and reports it."""

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
    """Release, and return the failure's message."""
    with pytest.raises(Failed) as failed:
        release.plan(world.account, version, opener=opener).execute(world.run())
    return str(failed.value)


def test_a_failed_migration_stops_the_release_before_a_deployment(
    world: World,
) -> None:
    world.infrastructure("migrations", command=["sh", "-c", "exit 3"])
    before = world.history(BACKEND), world.history(FRONTEND)
    message = failing(world)
    assert f"The migrations of {NEW} ended with exit code 3: Essential container" in message
    (task,) = world.migrations()
    stream = f"migrations/backend/{task['taskArn'].rsplit('/', 1)[-1]}"
    assert f"aws logs tail /ecs/arbor-staging/migrations --log-stream-names {stream}" in message
    assert "No service was changed." in message
    assert (world.history(BACKEND), world.history(FRONTEND)) == before


def test_after_a_rolled_back_backend_the_frontend_is_unchanged(
    world: World,
) -> None:
    when(world, f"{BACKEND}: IN_PROGRESS", partial(world.ring, "backend"))
    message = failing(world)
    assert f"The deployment of {NEW} to {BACKEND} is ROLLBACK_SUCCESSFUL" in message
    assert "alarm backend-5xx went into ALARM" in message
    assert f"{BACKEND} is back on {BACKEND}:1." in message
    assert "Migrations are not undone" in message
    assert (world.image(BACKEND), world.image(FRONTEND)) == (OLD, OLD)
    assert world.history(FRONTEND) == ["SUCCESSFUL"]


def test_a_failed_frontend_rolls_back_the_backend(world: World) -> None:
    when(world, f"{FRONTEND}: IN_PROGRESS", partial(world.ring, "frontend"))
    message = failing(world)
    assert f"The deployment of {NEW} to {FRONTEND} is ROLLBACK_SUCCESSFUL" in message
    assert f"{FRONTEND} is back on {FRONTEND}:1." in message
    assert f"{BACKEND} is back on {BACKEND}:1." in message
    assert (world.image(BACKEND), world.image(FRONTEND)) == (OLD, OLD)
    assert world.history(BACKEND) == ["SUCCESSFUL"] * 3  # the old, the new, the old again


def test_a_failed_release_can_be_repeated(world: World) -> None:
    when(world, f"{FRONTEND}: IN_PROGRESS", partial(world.ring, "frontend"))
    failing(world)
    client("cloudwatch").set_alarm_state(
        AlarmName="frontend-5xx", StateValue="OK", StateReason="mended"
    )
    revisions = world.revisions(BACKEND)
    release.plan(world.account, NEW, opener=answers).execute(world.run())
    assert (world.image(BACKEND), world.image(FRONTEND)) == (NEW, NEW)
    assert world.revisions(BACKEND) == revisions


def test_a_failed_release_restores_the_live_revision_not_infrastructures(
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
    """Remove a target group from the rule, as an operator might by hand."""
    elb = client("elbv2")
    (rule,) = elb.describe_rules(RuleArns=[world.rules["backend"]])["Rules"]
    groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    live = max(groups, key=lambda group: group["Weight"])["TargetGroupArn"]
    elb.modify_rule(RuleArn=world.rules["backend"], Actions=[forward((live, 100))])


def test_a_rule_without_one_target_group_fails_the_deployment(world: World) -> None:
    take_a_group_from_the_rule(world)
    message = failing(world)
    assert "is not associated with listener rule" in message
    assert f"{BACKEND} is back on {BACKEND}:1." in message
    assert (world.image(BACKEND), world.image(FRONTEND)) == (OLD, OLD)


def test_a_failed_rollback_is_reported_and_the_other_service_is_rolled_back(world: World) -> None:
    def trouble() -> None:
        world.ring("frontend")
        take_a_group_from_the_rule(world)

    when(world, f"{FRONTEND}: IN_PROGRESS", trouble)
    message = failing(world)
    assert (
        f"{BACKEND} was NOT rolled back: The deployment of {BACKEND}:1 to {BACKEND} is ROLL"
        in message
    )
    assert f"{FRONTEND} is back on {FRONTEND}:1." in message
    assert (world.image(BACKEND), world.image(FRONTEND)) == (NEW, OLD)


def test_an_unhealthy_public_url_rolls_both_services_back(world: World) -> None:
    message = failing(world, opener=lambda _: (503, ""))
    assert f"https://{DOMAIN}/api/v1/health answers 503." in message
    assert (world.image(BACKEND), world.image(FRONTEND)) == (OLD, OLD)


def test_an_unhealthy_target_rolls_both_services_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arbor.ecs.health.Health._targets", lambda _: (1, 2))
    message = failing(world)
    assert "2 of 2 tasks running the revision, 1 of 2 targets healthy" in message
    assert (world.image(BACKEND), world.image(FRONTEND)) == (OLD, OLD)


def test_a_hanging_deployment_is_rolled_back_after_its_time_limit(world: World) -> None:
    """A blue/green deployment of tasks that never start doesn't fail by itself."""
    run = Run(say=world.output.append, every=60, sleep=lambda _: CLOCK.advance(1))
    plan = release.plan(world.account, NEW, opener=None)
    with pytest.raises(Failed) as failed:
        plan.execute(run)
    message = str(failed.value)
    assert "no effect after" in message
    assert f"{BACKEND} is back on {BACKEND}:1." in message
    assert world.history(BACKEND)[0] == "ROLLBACK_SUCCESSFUL"


def test_another_operators_deployment_is_left_unchanged(world: World) -> None:
    def interfere() -> None:
        client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)

    when(world, f"{BACKEND}: IN_PROGRESS", interfere)
    message = failing(world)
    assert f"The deployment of {NEW} to {BACKEND} is STOPPED" in message
    unchanged = f"{BACKEND} was left unchanged: another deployment has started"
    assert f"{BACKEND} was NOT rolled back: {unchanged}" in message
    assert world.history(BACKEND)[:2] == ["IN_PROGRESS", "STOPPED"]


def test_a_deployment_started_during_the_migration_is_not_interrupted(world: World) -> None:
    def interfere() -> None:
        client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)

    when(world, f"deploy {NEW} to {BACKEND}", interfere)
    message = failing(world)
    assert f"{BACKEND} is being deployed: {BACKEND}:1" in message
    assert "No service was changed." in message


def test_a_deployment_that_ecs_rejects_rolls_back_the_earlier_ones(world: World) -> None:
    def close() -> None:
        for arn in world.revisions(FRONTEND):
            client("ecs").deregister_task_definition(taskDefinition=arn)

    when(world, f"deploy {NEW} to {FRONTEND}", close)
    message = failing(world)
    assert "TaskDefinition is inactive" in message
    assert f"{BACKEND} is back on {BACKEND}:1." in message
    assert (world.image(BACKEND), world.image(FRONTEND)) == (OLD, OLD)
    assert world.history(FRONTEND) == ["SUCCESSFUL"]
