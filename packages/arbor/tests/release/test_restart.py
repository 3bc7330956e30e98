"""A restart deploys the same revision again; obstacles are refused."""

from dataclasses import replace
from typing import Any

import pytest

from arbor.procedure import Failed, Refused
from arbor.release import restart
from ecs_world import client
from release_fixtures import deployed, runs, when
from staging_fixtures import BACKEND, CLUSTER, FRONTEND, STACK, Staging


def tasks(name: str) -> set[str]:
    return set(client("ecs").list_tasks(cluster=CLUSTER, serviceName=name)["taskArns"])


def test_a_restart_deploys_the_live_revision(staging: Staging) -> None:
    deployed(staging)
    staging.infrastructure("backend", environment=[])  # not the live one
    before, others = tasks(BACKEND), tasks(FRONTEND)
    restart.plan(staging.account, ("backend",)).execute(staging.run())
    assert runs(BACKEND) == {f"{BACKEND}:2"}
    assert not tasks(BACKEND) & before
    assert tasks(FRONTEND) == others
    assert staging.printed(f"{BACKEND}: IN_PROGRESS BAKE_TIME")
    assert staging.printed(f"wait until all tasks of {BACKEND} run the revision")


def test_a_pause_is_answered(staging: Staging) -> None:
    staging.pause(BACKEND)
    before = tasks(BACKEND)
    restart.plan(staging.account, ("backend", "frontend")).execute(staging.run())
    assert staging.history(BACKEND)[0] == "SUCCESSFUL"
    assert not tasks(BACKEND) & before


def test_a_restart_that_ecs_rolls_back_is_a_failure(staging: Staging) -> None:
    when(staging, f"{BACKEND}: IN_PROGRESS", lambda: staging.ring("backend"))
    with pytest.raises(Failed, match=r"is ROLLBACK_SUCCESSFUL.*\n.*arbor rollback backend"):
        restart.plan(staging.account, ("backend", "frontend")).execute(staging.run())
    assert staging.history(FRONTEND) == ["SUCCESSFUL"]


class Repeating:
    """ECS's client with a lost response: the SDK repeats the call, and ECS executes both."""

    def __init__(self) -> None:
        self._ecs = client("ecs")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ecs, name)

    def update_service(self, **requested: Any) -> Any:
        self._ecs.update_service(**requested)
        return self._ecs.update_service(**requested)


def test_the_second_deployment_of_a_repeated_call_is_followed(staging: Staging) -> None:
    ecs: Any = Repeating()
    account = replace(
        staging.account, client=lambda service: ecs if service == "ecs" else client(service)
    )
    restart.plan(account, ("backend",)).execute(staging.run())
    assert staging.history(BACKEND)[:2] == ["SUCCESSFUL", "STOPPED"]


def under_way(staging: Staging) -> None:
    assert staging
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)


def without_image(staging: Staging) -> None:
    assert staging
    client("ecr").batch_delete_image(repositoryName="backend", imageIds=[{"imageTag": "v1.0.0"}])


def without_secret(staging: Staging) -> None:
    assert staging
    client("secretsmanager").delete_secret(SecretId=f"arbor/{STACK}/db")


def half_way(staging: Staging) -> None:
    strategy = staging.service(BACKEND)["deploymentConfiguration"]
    alarms = {**strategy["alarms"], "rollback": False}
    client("ecs").update_service(
        cluster=CLUSTER,
        service=BACKEND,
        deploymentConfiguration={**strategy, "alarms": alarms},
        forceNewDeployment=True,
    )
    staging.ring("backend")
    assert staging.history(BACKEND)[0] == "STOPPED"


def inactive(staging: Staging) -> None:
    for arn in staging.revisions(BACKEND):
        client("ecs").deregister_task_definition(taskDefinition=arn)


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        (under_way, f"{BACKEND} is being deployed: {BACKEND}:1"),
        (without_image, r"backend has no image v1\.0\.0"),
        (without_secret, "is scheduled for deletion"),
        (half_way, "is incomplete, so its live revision is unknown"),
        (inactive, f"{BACKEND}:1 is INACTIVE"),
    ],
)
def test_a_refused_restart_writes_nothing(staging: Staging, trouble: object, sentence: str) -> None:
    assert callable(trouble)
    trouble(staging)
    before = staging.writes()
    with pytest.raises(Refused, match=sentence):
        restart.plan(staging.account, ("frontend", "backend"))
    assert staging.writes() == before
