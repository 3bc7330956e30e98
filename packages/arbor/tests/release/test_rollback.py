"""A rollback returns to the previous live revision; repetitions change nothing."""

import pytest

from arbor.procedure import Failed, Refused, Run
from arbor.release import release, rollback
from arbor.release.rollback import NothingToDo
from ecs_world import client
from pulumi_moto.clock import CLOCK
from release_fixtures import NEWER, deployed, runs, when
from staging_fixtures import BACKEND, CLUSTER, FRONTEND, NEW, OLD, Staging, push

EVERY = ("frontend", "backend")


def rolled_back(staging: Staging, *apps: str, to: str | None = None) -> None:
    rollback.plan(staging.account, apps or EVERY, to).execute(staging.run())


def already(staging: Staging, *apps: str, to: str | None = None) -> str:
    """The message of a rollback with nothing to do, which writes nothing."""
    before = staging.writes()
    with pytest.raises(NothingToDo) as found:
        rollback.plan(staging.account, apps or EVERY, to)
    assert staging.writes() == before
    return str(found.value)


def refused(staging: Staging, *apps: str, to: str | None = None) -> str:
    before = staging.writes()
    with pytest.raises(Refused) as found:
        rollback.plan(staging.account, apps or EVERY, to)
    assert staging.writes() == before
    return str(found.value)


def begin(name: str, revision: int) -> None:
    """A deployment by another operator."""
    client("ecs").update_service(cluster=CLUSTER, service=name, taskDefinition=f"{name}:{revision}")


def images(staging: Staging) -> tuple[str, str]:
    return staging.image(BACKEND), staging.image(FRONTEND)


def test_both_services_are_rolled_back_to_the_previous_revision_the_frontend_first(
    staging: Staging,
) -> None:
    deployed(staging, NEW, NEWER)
    staging.output.clear()
    rolled_back(staging)
    assert images(staging) == (NEW, NEW)
    assert runs(BACKEND) == {f"{BACKEND}:2"}
    changes = [line for line in staging.output if line.startswith("change ")]
    assert changes == [
        f"change {name} from {name}:3 to {name}:2 ({NEW})" for name in (FRONTEND, BACKEND)
    ]
    assert staging.printed(f"wait until all tasks of {BACKEND} run the revision")


def test_a_second_rollback_changes_nothing(staging: Staging) -> None:
    deployed(staging, NEW, NEWER)
    rolled_back(staging)
    message = already(staging)
    assert f"backend was rolled back from {BACKEND}:3 to {BACKEND}:2 at 20" in message
    assert "To go further back: `arbor rollback backend --to 1 --stack staging`" in message
    assert f"frontend was rolled back from {FRONTEND}:3 to {FRONTEND}:2" in message


def test_a_restart_after_a_rollback_allows_no_second_one(staging: Staging) -> None:
    deployed(staging, NEW, NEWER)
    rolled_back(staging, "backend")
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)
    staging.finish()
    assert f"from {BACKEND}:3 to {BACKEND}:2" in already(staging, "backend")


def test_a_release_after_a_rollback_is_rolled_back_to_the_rollbacks_revision(
    staging: Staging,
) -> None:
    deployed(staging, NEW)
    rolled_back(staging)
    deployed(staging, NEWER)
    rolled_back(staging)
    assert images(staging) == (OLD, OLD)  # not the failed version


def test_a_deployment_that_ecs_rolled_back_is_not_rolled_back_further(staging: Staging) -> None:
    deployed(staging, NEW)
    when(staging, f"{BACKEND}: IN_PROGRESS", lambda: staging.ring("backend"))
    with pytest.raises(Failed):
        deployed(staging, NEWER)
    assert f"from {BACKEND}:3 to {BACKEND}:2" in already(staging, "backend")


def test_a_deployment_in_progress_is_rolled_back(staging: Staging) -> None:
    deployed(staging, NEW, NEWER)
    rolled_back(staging, "backend")  # :2
    begin(BACKEND, 3)
    rolled_back(staging, "backend")
    assert staging.history(BACKEND)[0] == "ROLLBACK_SUCCESSFUL"
    assert runs(BACKEND) == {f"{BACKEND}:2"}
    assert len(staging.deployments(BACKEND)) == 5  # the rollback started no deployment of its own
    assert f"from {BACKEND}:3 to {BACKEND}:2" in already(staging, "backend")


def test_a_paused_deployment_is_rolled_back(staging: Staging) -> None:
    deployed(staging, NEW)
    rolled_back(staging)
    staging.pause(BACKEND)
    begin(BACKEND, 2)
    CLOCK.advance(600)
    rolled_back(staging, "backend")
    assert runs(BACKEND) == {f"{BACKEND}:1"}


def test_a_deployment_that_succeeds_meanwhile_is_followed_by_a_rollback(staging: Staging) -> None:
    deployed(staging, NEW)
    rolled_back(staging, "backend")
    begin(BACKEND, 2)
    plan = rollback.plan(staging.account, ("backend",))
    staging.finish()
    assert runs(BACKEND) == {f"{BACKEND}:2"}
    plan.execute(staging.run())
    assert runs(BACKEND) == {f"{BACKEND}:1"}
    assert staging.history(BACKEND)[:2] == ["SUCCESSFUL", "SUCCESSFUL"]


def test_a_rollback_in_progress_is_awaited_and_not_reverted(staging: Staging) -> None:
    """The first run was killed after it started the deployment."""
    deployed(staging, NEW)
    staging.pause(BACKEND)
    begin(BACKEND, 1)
    rolled_back(staging, "backend")
    assert staging.printed(f"wait for the rollback of {BACKEND} to {BACKEND}:1 ({OLD})")
    assert staging.history(BACKEND) == ["SUCCESSFUL"] * 3
    assert runs(BACKEND) == {f"{BACKEND}:1"}


def test_a_rollback_that_ecs_is_reverting_is_refused(staging: Staging) -> None:
    deployed(staging, NEW)
    begin(BACKEND, 1)
    (arn, *_) = (d["serviceDeploymentArn"] for d in staging.deployments(BACKEND))
    client("ecs").stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
    assert "ECS is reverting the rollback of" in refused(staging, "backend")


def test_a_failed_rollback_can_be_repeated(staging: Staging) -> None:
    deployed(staging, NEW)
    staging.output.clear()
    when(staging, f"{BACKEND}: IN_PROGRESS", lambda: staging.ring("backend"))
    with pytest.raises(Failed) as failed:
        rolled_back(staging)
    assert "is ROLLBACK_SUCCESSFUL" in str(failed.value)
    assert f"{BACKEND} to {BACKEND}:1 ({OLD}) could NOT be verified." in str(failed.value)
    assert images(staging) == (NEW, OLD)
    rolled_back(staging)  # ECS ignores an alarm that is already in ALARM
    assert images(staging) == (OLD, OLD)


def test_an_unchanged_service_is_reported(staging: Staging) -> None:
    deployed(staging, NEW)
    when(staging, f"{FRONTEND}: IN_PROGRESS", lambda: staging.ring("frontend"))
    with pytest.raises(Failed, match=f"Unchanged: {BACKEND}"):
        rolled_back(staging)
    assert images(staging) == (NEW, NEW)


def test_an_incomplete_deployment_is_rolled_back_to_the_last_success(staging: Staging) -> None:
    deployed(staging, NEW)
    half_way(staging, 1)  # a rollback, which is completed
    rolled_back(staging, "backend")
    assert runs(BACKEND) == {f"{BACKEND}:1"}


def test_an_incomplete_release_is_rolled_back(staging: Staging) -> None:
    deployed(staging, NEW)
    rolled_back(staging)
    half_way(staging, 2)
    rolled_back(staging, "backend")
    assert runs(BACKEND) == {f"{BACKEND}:1"}
    assert f"from {BACKEND}:2 to {BACKEND}:1" in already(staging, "backend")


def half_way(staging: Staging, revision: int) -> None:
    strategy = staging.service(BACKEND)["deploymentConfiguration"]
    alarms = {**strategy["alarms"], "rollback": False}
    client("ecs").update_service(
        cluster=CLUSTER,
        service=BACKEND,
        taskDefinition=f"{BACKEND}:{revision}",
        deploymentConfiguration={**strategy, "alarms": alarms},
    )
    staging.ring("backend")
    assert staging.history(BACKEND)[0] == "STOPPED"


def test_services_that_would_end_on_different_versions_are_refused(staging: Staging) -> None:
    """A release was killed after the backend, before the frontend."""
    deployed(staging, NEW)
    push("backend", NEWER)
    push("frontend", NEWER)
    begun = release.plan(staging.account, NEWER, migrates=False, opener=None)
    staging.run().execute(begun.parts[0].steps())
    message = refused(staging)
    assert f"backend on {BACKEND}:2 ({NEW})" in message
    assert f"frontend on {FRONTEND}:1 ({OLD})" in message
    each = (f"`arbor rollback {app} --stack staging`" for app in ("frontend", "backend"))
    assert f"one service at a time: {' or '.join(each)}" in message
    rolled_back(staging, "backend")
    assert images(staging) == (NEW, NEW)


def test_a_chosen_revision_is_deployed_once(staging: Staging) -> None:
    deployed(staging, NEW, NEWER)
    rolled_back(staging, "backend", to="1")
    assert runs(BACKEND) == {f"{BACKEND}:1"}
    assert f"backend already runs {BACKEND}:1" in already(staging, "backend", to="1")
    rolled_back(staging, "backend", to=f"{BACKEND}:3")
    assert runs(BACKEND) == {f"{BACKEND}:3"}


def test_a_rollback_to_the_revision_before_the_deployment_in_progress_stops_it(
    staging: Staging,
) -> None:
    deployed(staging, NEW)
    begin(BACKEND, 1)
    rolled_back(staging, "backend", to="2")
    assert staging.history(BACKEND)[0] == "ROLLBACK_SUCCESSFUL"
    assert runs(BACKEND) == {f"{BACKEND}:2"}


def test_a_rollback_in_progress_to_the_chosen_revision_is_awaited(staging: Staging) -> None:
    deployed(staging, NEW)
    begin(BACKEND, 1)
    rolled_back(staging, "backend", to="1")
    assert staging.history(BACKEND) == ["SUCCESSFUL"] * 3


def test_another_chosen_revision_during_a_deployment_is_refused(staging: Staging) -> None:
    deployed(staging, NEW, NEWER)
    rolled_back(staging, "backend")
    begin(BACKEND, 3)
    assert f"backend is being deployed: {BACKEND}:3" in refused(staging, "backend", to="1")
    assert "wait until it ends" in refused(staging, "backend", to="3")


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        ("9", f"There is no revision {BACKEND}:9; `arbor revisions backend --stack staging`"),
        ("0/", f" is neither a revision nor a version; allowed: 12, {BACKEND}:12, or a version"),
        ("newest", f"None of the newest 100 revisions of {BACKEND} runs newest; `arbor"),
        (f"{FRONTEND}:1", f"{FRONTEND}:1 is not a revision of {BACKEND}"),
    ],
)
def test_other_text_than_a_revision_of_the_service_is_refused(
    staging: Staging, to: str, sentence: str
) -> None:
    assert sentence in refused(staging, "backend", to=to)


def test_a_revision_without_its_image_is_refused(staging: Staging) -> None:
    deployed(staging, NEW)
    client("ecr").batch_delete_image(repositoryName="backend", imageIds=[{"imageTag": OLD}])
    assert f"{BACKEND}:1 can't run: backend has no image {OLD}" in refused(staging)
    assert f"backend has no image {OLD}" in refused(staging, "backend", to="1")


def test_a_deregistered_revision_is_refused(staging: Staging) -> None:
    deployed(staging, NEW)
    client("ecs").deregister_task_definition(taskDefinition=f"{BACKEND}:1")
    assert f"{BACKEND}:1 is INACTIVE; ECS deploys ACTIVE revisions only" in refused(
        staging, "backend"
    )
    assert "is INACTIVE" in refused(staging, "backend", to="1")


def test_without_an_earlier_revision_it_is_refused(staging: Staging) -> None:
    message = refused(staging)
    assert "backend has no revision to roll back to" in message
    assert "frontend has no revision to roll back to" in message
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)
    staging.finish()
    assert "no revision to roll back to" in refused(staging, "backend")


def test_a_dry_run_changes_nothing(staging: Staging) -> None:
    deployed(staging, NEW)
    begin(FRONTEND, 1)
    before = staging.writes()
    staging.output.clear()
    rollback.plan(staging.account, EVERY).execute(staging.run(dry_run=True))
    assert staging.writes() == before
    assert staging.output == [
        f"would wait for the rollback of {FRONTEND} to {FRONTEND}:1 ({OLD}), in progress",
        f"would wait until all tasks of {FRONTEND} run the revision and all targets are healthy",
        f"would change {BACKEND} from {BACKEND}:2 to {BACKEND}:1 ({OLD})",
        f"would wait until all tasks of {BACKEND} run the revision and all targets are healthy",
    ]
    staging.finish()
    begin(BACKEND, 1)
    staging.finish()
    begin(BACKEND, 2)
    staging.output.clear()
    rollback.plan(staging.account, ("backend",)).execute(staging.run(dry_run=True))
    assert len(staging.output) == 2
    assert "would roll back the deployment" in staging.output[0]


def test_a_hanging_deployment_is_a_failure(staging: Staging) -> None:
    deployed(staging, NEW)
    run = Run(say=staging.output.append, every=60, sleep=lambda _: CLOCK.advance(0.1))
    with pytest.raises(Failed, match="no effect after"):
        rollback.plan(staging.account, ("backend",)).execute(run)


def test_a_version_is_its_revision_that_was_live(staging: Staging) -> None:
    deployed(staging, NEW)
    staging.infrastructure("backend", OLD)  # newer, and never deployed
    rolled_back(staging, "backend", to=OLD)
    assert runs(BACKEND) == {f"{BACKEND}:1"}
