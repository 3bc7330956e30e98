"""A release: its steps in order, and that a second one changes nothing."""

from typing import Any

import pytest

from arbor.release import release
from ecs_world import client
from operations_world import BACKEND, CLUSTER, FRONTEND, MIGRATIONS, NEW, OLD, World, answers


def released(world: World, version: str = NEW) -> None:
    release.plan(world.account, version, opener=answers).execute(world.run())


def test_both_services_are_deployed_after_the_migrations_succeed(world: World) -> None:
    released(world)
    assert (world.image(BACKEND), world.image(FRONTEND)) == (NEW, NEW)
    (task,) = world.migrations()
    assert world.definition(task["taskDefinitionArn"])["image"].endswith(f":{NEW}")
    assert task["containers"][0]["exitCode"] == 0
    lines = [f"run {MIGRATIONS} with {NEW}", f"deploy {NEW} to {BACKEND}"]
    lines += [f"deploy {NEW} to {FRONTEND}", "check https://staging.example.com/api/v1/health"]
    assert [line for line in world.output if line in lines] == lines
    assert world.printed(f"{BACKEND}: IN_PROGRESS BAKE_TIME")


def test_a_second_release_of_the_version_registers_and_deploys_nothing(world: World) -> None:
    released(world)
    revisions, deployments, migrations = world.writes()
    released(world)
    assert world.writes() == (revisions, deployments, 2)
    assert migrations == 1  # alembic does nothing the second time


def test_a_dry_run_prints_every_step_and_changes_nothing(world: World) -> None:
    before = world.writes()
    release.plan(world.account, NEW, opener=answers).execute(world.run(dry_run=True))
    assert world.writes() == before
    assert f"would deploy {NEW} to {FRONTEND}" in world.output
    assert all(line.startswith("would ") for line in world.output)


def test_a_release_deploys_infrastructures_newest_revision_with_another_image(
    world: World,
) -> None:
    released(world)
    base = world.infrastructure("backend", environment=[{"name": "NEW", "value": "setting"}])
    released(world)
    live = world.service(BACKEND)["taskDefinition"]
    ecs = client("ecs")
    one, other = (
        ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"] for arn in (base, live)
    )
    for definition in (one, other):
        for key in ("taskDefinitionArn", "revision", "registeredAt"):
            definition.pop(key, None)
        definition["containerDefinitions"][0].pop("image")
    assert one == other
    assert world.image(BACKEND) == NEW
    assert world.history(FRONTEND).count("SUCCESSFUL") == 2  # unchanged


def test_tags_distinguish_a_releases_revision_from_infrastructures(
    world: World,
) -> None:
    released(world)
    found = client("ecs").describe_task_definition(
        taskDefinition=world.service(BACKEND)["taskDefinition"], include=["TAGS"]
    )["tags"]
    assert {tag["key"]: tag["value"] for tag in found} == {
        "Project": "arbor",
        "Stack": "staging",
        "Environment": "staging",
        "Component": "backend",
        "ManagedBy": "release",
        "Version": NEW,
    }


def test_the_revision_of_an_interrupted_release_is_reused(world: World) -> None:
    plan = release.plan(world.account, NEW, opener=None)
    (register,) = plan.parts[0].planned.steps()
    register.do()
    before = world.revisions(BACKEND)
    released(world)
    assert world.revisions(BACKEND) == before


def test_the_migration_runs_in_the_private_subnets_with_its_own_security_group(
    world: World,
) -> None:
    plan = release.plan(world.account, NEW, opener=None)
    assert plan.migration is not None
    assert plan.migration.network["awsvpcConfiguration"] == {
        "subnets": sorted(world.subnets),
        "securityGroups": [world.security_groups["migrations"]],
        "assignPublicIp": "DISABLED",
    }


def test_a_repeated_call_migrates_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ecs = client("ecs")
    run_task = ecs.run_task

    def repeated(**asked: Any) -> Any:
        run_task(**asked)
        return run_task(**asked)

    monkeypatch.setattr(ecs, "run_task", repeated)
    released(world)
    assert len(world.migrations()) == 1


def test_a_service_with_an_incomplete_deployment_is_deployed_again(world: World) -> None:
    released(world)
    ecs = client("ecs")
    ecs.update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)
    strategy = world.service(BACKEND)["deploymentConfiguration"]
    alarms = {**strategy["alarms"], "rollback": False}
    ecs.update_service(
        cluster=CLUSTER, service=BACKEND, deploymentConfiguration={**strategy, "alarms": alarms}
    )
    world.finish()
    ecs.update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)
    world.ring("backend")
    assert world.history(BACKEND)[0] == "STOPPED"
    count = len(world.history(BACKEND))
    released(world)
    assert len(world.history(BACKEND)) == count + 1
    assert world.history(BACKEND)[0] == "SUCCESSFUL"


@pytest.mark.parametrize("version", [OLD, NEW])
def test_deploying_without_migrations_runs_no_task(world: World, version: str) -> None:
    release.plan(world.account, version, migrates=False, opener=None).execute(world.run())
    assert world.migrations() == []
    assert (world.image(BACKEND), world.image(FRONTEND)) == (version, version)
