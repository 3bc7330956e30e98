"""A release: its steps in order, and that a second one changes nothing."""

from typing import Any

import pytest

from arbor.release import release
from ecs_world import client
from staging_fixtures import BACKEND, CLUSTER, FRONTEND, MIGRATIONS, NEW, OLD, Staging, answers


def released(staging: Staging, version: str = NEW) -> None:
    release.plan(staging.account, version, opener=answers).execute(staging.run())


def test_both_services_are_deployed_after_the_migrations_succeed(staging: Staging) -> None:
    released(staging)
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (NEW, NEW)
    (task,) = staging.migrations()
    assert staging.definition(task["taskDefinitionArn"])["image"].endswith(f":{NEW}")
    assert task["containers"][0]["exitCode"] == 0
    lines = [f"run {MIGRATIONS} with {NEW}", f"deploy {NEW} to {BACKEND}"]
    lines += [f"deploy {NEW} to {FRONTEND}", "check https://staging.example.com/api/v1/health"]
    assert [line for line in staging.output if line in lines] == lines
    assert staging.printed(f"{BACKEND}: IN_PROGRESS BAKE_TIME")


def test_a_second_release_of_the_version_registers_and_deploys_nothing(staging: Staging) -> None:
    released(staging)
    revisions, deployments, migrations = staging.writes()
    released(staging)
    assert staging.writes() == (revisions, deployments, 2)
    assert migrations == 1  # alembic does nothing the second time


def test_a_dry_run_prints_every_step_and_changes_nothing(staging: Staging) -> None:
    before = staging.writes()
    release.plan(staging.account, NEW, opener=answers).execute(staging.run(dry_run=True))
    assert staging.writes() == before
    assert f"would deploy {NEW} to {FRONTEND}" in staging.output
    assert all(line.startswith("would ") for line in staging.output)


def test_a_release_deploys_infrastructures_newest_revision_with_another_image(
    staging: Staging,
) -> None:
    released(staging)
    base = staging.infrastructure("backend", environment=[{"name": "NEW", "value": "setting"}])
    released(staging)
    live = staging.service(BACKEND)["taskDefinition"]
    ecs = client("ecs")
    one, other = (
        ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"] for arn in (base, live)
    )
    for definition in (one, other):
        for key in ("taskDefinitionArn", "revision", "registeredAt"):
            definition.pop(key, None)
        definition["containerDefinitions"][0].pop("image")
    assert one == other
    assert staging.image(BACKEND) == NEW
    assert staging.history(FRONTEND).count("SUCCESSFUL") == 2  # unchanged


def test_tags_distinguish_a_releases_revision_from_infrastructures(staging: Staging) -> None:
    released(staging)
    found = client("ecs").describe_task_definition(
        taskDefinition=staging.service(BACKEND)["taskDefinition"], include=["TAGS"]
    )["tags"]
    assert {tag["key"]: tag["value"] for tag in found} == {
        "Project": "arbor",
        "Stack": "staging",
        "Environment": "staging",
        "Component": "backend",
        "ManagedBy": "release",
        "Version": NEW,
    }


def test_the_revision_of_an_interrupted_release_is_reused(staging: Staging) -> None:
    plan = release.plan(staging.account, NEW, opener=None)
    (register,) = plan.parts[0].planned.steps()
    register.do()
    before = staging.revisions(BACKEND)
    released(staging)
    assert staging.revisions(BACKEND) == before


def test_the_migration_runs_in_the_private_subnets_with_its_own_security_group(
    staging: Staging,
) -> None:
    plan = release.plan(staging.account, NEW, opener=None)
    assert plan.migration is not None
    assert plan.migration.network["awsvpcConfiguration"] == {
        "subnets": sorted(staging.subnets),
        "securityGroups": [staging.security_groups["migrations"]],
        "assignPublicIp": "DISABLED",
    }


def test_a_repeated_call_migrates_once(staging: Staging, monkeypatch: pytest.MonkeyPatch) -> None:
    ecs = client("ecs")
    run_task = ecs.run_task

    def repeated(**requested: Any) -> Any:
        run_task(**requested)
        return run_task(**requested)

    monkeypatch.setattr(ecs, "run_task", repeated)
    released(staging)
    assert len(staging.migrations()) == 1


def test_a_service_with_an_incomplete_deployment_is_deployed_again(staging: Staging) -> None:
    released(staging)
    ecs = client("ecs")
    ecs.update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)
    strategy = staging.service(BACKEND)["deploymentConfiguration"]
    alarms = {**strategy["alarms"], "rollback": False}
    ecs.update_service(
        cluster=CLUSTER, service=BACKEND, deploymentConfiguration={**strategy, "alarms": alarms}
    )
    staging.finish()
    ecs.update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)
    staging.ring("backend")
    assert staging.history(BACKEND)[0] == "STOPPED"
    count = len(staging.history(BACKEND))
    released(staging)
    assert len(staging.history(BACKEND)) == count + 1
    assert staging.history(BACKEND)[0] == "SUCCESSFUL"


@pytest.mark.parametrize("version", [OLD, NEW])
def test_deploying_without_migrations_runs_no_task(staging: Staging, version: str) -> None:
    release.plan(staging.account, version, migrates=False, opener=None).execute(staging.run())
    assert staging.migrations() == []
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (version, version)
