"""A failed release restores the revisions that were live in both services, and reports it."""

from functools import partial

import pytest

from arbor.ecs.health import Opener
from arbor.procedure import Failed, Run
from arbor.release import release
from ecs_world import client, forward
from pulumi_moto.clock import CLOCK
from release_fixtures import when
from staging_fixtures import BACKEND, CLUSTER, DOMAIN, FRONTEND, NEW, OLD, Staging, answers, push


def failing(staging: Staging, *, version: str = NEW, opener: Opener | None = answers) -> str:
    """Release, and return the failure's message."""
    with pytest.raises(Failed) as failed:
        release.plan(staging.account, version, opener=opener).execute(staging.run())
    return str(failed.value)


def test_a_failed_migration_stops_the_release_before_a_deployment(staging: Staging) -> None:
    staging.infrastructure("migrations", command=["sh", "-c", "exit 3"])
    before = staging.history(BACKEND), staging.history(FRONTEND)
    message = failing(staging)
    assert f"The migrations of {NEW} ended with exit code 3: Essential container" in message
    (task,) = staging.migrations()
    stream = f"migrations/backend/{task['taskArn'].rsplit('/', 1)[-1]}"
    assert f"aws logs tail /ecs/arbor-staging/migrations --log-stream-names {stream}" in message
    assert "No service was changed." in message
    assert (staging.history(BACKEND), staging.history(FRONTEND)) == before


def test_after_a_rolled_back_backend_the_frontend_is_unchanged(staging: Staging) -> None:
    when(staging, f"{BACKEND}: IN_PROGRESS", partial(staging.ring, "backend"))
    message = failing(staging)
    assert f"The deployment of {NEW} to {BACKEND} is ROLLBACK_SUCCESSFUL" in message
    assert "alarm backend-5xx went into ALARM" in message
    assert f"{BACKEND} is back on {BACKEND}:1." in message
    assert "Migrations are not undone" in message
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (OLD, OLD)
    assert staging.history(FRONTEND) == ["SUCCESSFUL"]


def test_a_failed_frontend_rolls_back_the_backend(staging: Staging) -> None:
    when(staging, f"{FRONTEND}: IN_PROGRESS", partial(staging.ring, "frontend"))
    message = failing(staging)
    assert f"The deployment of {NEW} to {FRONTEND} is ROLLBACK_SUCCESSFUL" in message
    assert f"{FRONTEND} is back on {FRONTEND}:1." in message
    assert f"{BACKEND} is back on {BACKEND}:1." in message
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (OLD, OLD)
    assert staging.history(BACKEND) == ["SUCCESSFUL"] * 3  # the old, the new, the old again


def test_a_failed_release_can_be_repeated(staging: Staging) -> None:
    when(staging, f"{FRONTEND}: IN_PROGRESS", partial(staging.ring, "frontend"))
    failing(staging)
    client("cloudwatch").set_alarm_state(
        AlarmName="frontend-5xx", StateValue="OK", StateReason="mended"
    )
    revisions = staging.revisions(BACKEND)
    release.plan(staging.account, NEW, opener=answers).execute(staging.run())
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (NEW, NEW)
    assert staging.revisions(BACKEND) == revisions


def test_a_failed_release_restores_the_live_revision_not_infrastructures(staging: Staging) -> None:
    release.plan(staging.account, NEW, opener=None).execute(staging.run())
    push("backend", "v1.2.0")
    push("frontend", "v1.2.0")
    staging.infrastructure("backend", environment=[])
    when(staging, f"{FRONTEND}: IN_PROGRESS", partial(staging.ring, "frontend"))
    failing(staging, version="v1.2.0")
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (NEW, NEW)


def take_a_group_from_the_rule(staging: Staging) -> None:
    """Remove a target group from the rule, as an operator might by hand."""
    elb = client("elbv2")
    (rule,) = elb.describe_rules(RuleArns=[staging.rules["backend"]])["Rules"]
    groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    live = max(groups, key=lambda group: group["Weight"])["TargetGroupArn"]
    elb.modify_rule(RuleArn=staging.rules["backend"], Actions=[forward((live, 100))])


def test_a_rule_without_one_target_group_fails_the_deployment(staging: Staging) -> None:
    take_a_group_from_the_rule(staging)
    message = failing(staging)
    assert "is not associated with listener rule" in message
    assert f"{BACKEND} is back on {BACKEND}:1." in message
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (OLD, OLD)


def test_a_failed_rollback_is_reported_and_the_other_service_is_rolled_back(
    staging: Staging,
) -> None:
    def trouble() -> None:
        staging.ring("frontend")
        take_a_group_from_the_rule(staging)

    when(staging, f"{FRONTEND}: IN_PROGRESS", trouble)
    message = failing(staging)
    assert (
        f"{BACKEND} was NOT rolled back: The deployment of {BACKEND}:1 to {BACKEND} is ROLL"
        in message
    )
    assert f"{FRONTEND} is back on {FRONTEND}:1." in message
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (NEW, OLD)


def test_an_unhealthy_public_url_rolls_both_services_back(staging: Staging) -> None:
    message = failing(staging, opener=lambda _: (503, ""))
    assert f"https://{DOMAIN}/api/v1/health answers 503." in message
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (OLD, OLD)


def test_an_unhealthy_target_rolls_both_services_back(
    staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arbor.ecs.health.healthy_targets", lambda *_: (1, 2))
    message = failing(staging)
    assert "2 of 2 tasks running the revision, 1 of 2 targets healthy" in message
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (OLD, OLD)


def test_a_hanging_deployment_is_rolled_back_after_its_time_limit(staging: Staging) -> None:
    """A blue/green deployment of tasks that never start doesn't fail by itself."""
    run = Run(say=staging.output.append, every=60, sleep=lambda _: CLOCK.advance(1))
    plan = release.plan(staging.account, NEW, opener=None)
    with pytest.raises(Failed) as failed:
        plan.execute(run)
    message = str(failed.value)
    assert "no effect after" in message
    assert f"{BACKEND} is back on {BACKEND}:1." in message
    assert staging.history(BACKEND)[0] == "ROLLBACK_SUCCESSFUL"


def test_another_operators_deployment_is_left_unchanged(staging: Staging) -> None:
    def interfere() -> None:
        client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)

    when(staging, f"{BACKEND}: IN_PROGRESS", interfere)
    message = failing(staging)
    assert f"The deployment of {NEW} to {BACKEND} is STOPPED" in message
    unchanged = f"{BACKEND} was left unchanged: another deployment has started"
    assert f"{BACKEND} was NOT rolled back: {unchanged}" in message
    assert staging.history(BACKEND)[:2] == ["IN_PROGRESS", "STOPPED"]


def test_a_deployment_started_during_the_migration_is_not_interrupted(staging: Staging) -> None:
    def interfere() -> None:
        client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)

    when(staging, f"deploy {NEW} to {BACKEND}", interfere)
    message = failing(staging)
    assert f"{BACKEND} is being deployed: {BACKEND}:1" in message
    assert "No service was changed." in message


def test_a_deployment_that_ecs_rejects_rolls_back_the_earlier_ones(staging: Staging) -> None:
    def close() -> None:
        for arn in staging.revisions(FRONTEND):
            client("ecs").deregister_task_definition(taskDefinition=arn)

    when(staging, f"deploy {NEW} to {FRONTEND}", close)
    message = failing(staging)
    assert "TaskDefinition is inactive" in message
    assert f"{BACKEND} is back on {BACKEND}:1." in message
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (OLD, OLD)
    assert staging.history(FRONTEND) == ["SUCCESSFUL"]
