"""Tasks that are run by hand: their end, their exit code, what is listed, ECS Exec."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecs_world import CLUSTER, FAMILY, SERVICE, World, client, register
from pulumi_moto.clock import CLOCK
from pulumi_moto.ecs.tasks import RUNS_FOR_SECONDS


def test_a_task_runs_for_a_while_and_ends_with_exit_code_0(world: World) -> None:
    arn = world.run("alembic", "upgrade", "head")
    CLOCK.advance(RUNS_FOR_SECONDS - 1)
    (task,) = world.described(arn)
    assert (task["lastStatus"], task["desiredStatus"]) == ("RUNNING", "RUNNING")
    assert [c["lastStatus"] for c in task["containers"]] == ["RUNNING"]
    assert "exitCode" not in task["containers"][0], "it has not exited yet"
    CLOCK.advance(1)
    (task,) = world.described(arn)
    assert (task["lastStatus"], task["stopCode"]) == ("STOPPED", "EssentialContainerExited")
    assert (task["containers"][0]["lastStatus"], task["containers"][0]["exitCode"]) == (
        "STOPPED",
        0,
    )
    assert world.tasks() == []
    assert client("ec2").describe_network_interfaces()["NetworkInterfaces"] == []


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("sh", "-c", "exit 3"), 3),
        (("false",), 1),
        (("sh", "-c", "echo x && false"), 1),
        (("echo", "falsehood"), 0),
        ((), 0),
    ],
)
def test_a_command_can_ask_for_its_exit_code(
    world: World, command: tuple[str, ...], code: int
) -> None:
    arn = world.run(*command)
    CLOCK.advance(RUNS_FOR_SECONDS)
    assert world.described(arn)[0]["containers"][0]["exitCode"] == code


def test_a_repeated_call_is_answered_with_the_task_that_it_started(world: World) -> None:
    arn = world.run(clientToken="one")
    assert world.run(clientToken="one") == arn
    assert world.run(clientToken="another") != arn
    assert len(world.tasks()) == 2


def test_the_definitions_own_command_counts_where_none_is_given(world: World) -> None:
    register(world.ecs, command=["sh", "-c", "exit 4"])
    own, overridden = world.run(), world.run("true")
    CLOCK.advance(RUNS_FOR_SECONDS)
    codes = [world.described(arn)[0]["containers"][0]["exitCode"] for arn in (own, overridden)]
    assert codes == [4, 0]


def test_a_task_that_was_stopped_has_not_succeeded(world: World) -> None:
    arn = world.run()
    world.ecs.stop_task(cluster=CLUSTER, task=arn)
    (task,) = world.described(arn)
    assert (task["stopCode"], task["containers"][0]["exitCode"]) == ("UserInitiated", 143)


def test_reading_a_task_does_not_stop_it(world: World) -> None:
    arn = world.run()
    assert {world.described(arn)[0]["lastStatus"] for _ in range(8)} == {"RUNNING"}


def test_a_task_shows_all_its_containers(world: World) -> None:
    definition = {"name": "backend", "image": "a"}, {"name": "proxy", "image": "b"}
    world.ecs.register_task_definition(
        family="two",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=list(definition),
    )
    (task,) = world.described(world.run(taskDefinition="two"))
    assert [(c["name"], c["image"]) for c in task["containers"]] == [
        ("backend", "a"),
        ("proxy", "b"),
    ]
    assert (task["cpu"], task["memory"], task["connectivity"]) == ("256", "512", "CONNECTED")


def refused(world: World, **changes: Any) -> str:
    with pytest.raises(ClientError) as caught:
        world.run(**changes)
    return str(caught.value)


def test_tasks_that_could_not_run_are_refused(world: World) -> None:
    assert "Network Configuration must be provided" in refused(world, networkConfiguration=None)
    assert "No Container Instances were found" in refused(world, launchType=None)
    override = {"containerOverrides": [{"name": "web", "command": ["true"]}]}
    assert "web is not a container" in refused(world, overrides=override)
    assert "Unable to describe" in refused(world, taskDefinition="unknown")


def test_tasks_are_listed_by_service_family_and_state(world: World) -> None:
    world.deployed()
    register(world.ecs, family="migrations")
    migration = world.run(taskDefinition="migrations")
    world.ecs.create_cluster(clusterName=f"{CLUSTER}-2")
    world.run(cluster=f"{CLUSTER}-2")

    def listed(**params: Any) -> int:
        return len(world.ecs.list_tasks(cluster=CLUSTER, **params)["taskArns"])

    assert listed() == 3
    assert listed(serviceName=SERVICE) == 2
    assert listed(serviceName=world.service()["serviceArn"]) == 2
    assert listed(family="migrations") == 1
    assert listed(family=FAMILY) == 2
    assert listed(startedBy=world.service()["deployments"][0]["id"]) == 2
    CLOCK.advance(RUNS_FOR_SECONDS)
    assert world.ecs.list_tasks(cluster=CLUSTER, desiredStatus="STOPPED")["taskArns"] == [migration]
    assert listed(family="migrations") == 0


def test_an_unknown_task_is_missing(world: World) -> None:
    known = world.run()
    unknown = f"{known[:-4]}0000"
    found = world.ecs.describe_tasks(cluster=CLUSTER, tasks=[known, unknown])
    assert [task["taskArn"] for task in found["tasks"]] == [known]
    assert found["failures"] == [{"arn": unknown, "reason": "MISSING"}]
    with pytest.raises(ClientError, match="task was not found"):
        world.ecs.stop_task(cluster=CLUSTER, task=unknown)


def execute(world: World, task: str, **changes: Any) -> Any:
    params = {"container": "backend", "interactive": True, "command": "sh", **changes}
    return world.ecs.execute_command(cluster=CLUSTER, task=task, **params)


def test_exec_opens_a_session_in_a_task_that_was_started_with_it(world: World) -> None:
    world.deployed(enableExecuteCommand=False)
    before = world.tasks(serviceName=SERVICE)[0]["taskArn"]
    world.update(enableExecuteCommand=True)
    with pytest.raises(ClientError, match="was not enabled when the task was run"):
        execute(world, before)
    world.update(forceNewDeployment=True)
    world.finish()
    (task, _) = world.tasks(serviceName=SERVICE)
    assert execute(world, task["taskArn"])["session"]["sessionId"]
    assert task["containers"][0]["managedAgents"][0]["name"] == "ExecuteCommandAgent"
    with pytest.raises(ClientError, match="web is not one of"):
        execute(world, task["taskArn"], container="web")


def test_exec_needs_a_running_task(world: World) -> None:
    arn = world.run(enableExecuteCommand=True)
    assert execute(world, arn)["containerName"] == "backend"
    CLOCK.advance(RUNS_FOR_SECONDS)
    with pytest.raises(ClientError, match="execute command failed"):
        execute(world, arn)
    with pytest.raises(ClientError, match="was not found"):
        execute(world, "unknown")


def test_revisions_are_listed_newest_first_with_sort(world: World) -> None:
    for _ in range(10):
        register(world.ecs)
    params = {"familyPrefix": FAMILY}
    newest = world.ecs.list_task_definitions(**params, sort="DESC")["taskDefinitionArns"]
    oldest = world.ecs.list_task_definitions(**params)["taskDefinitionArns"]
    assert [int(arn.rsplit(":", 1)[1]) for arn in newest] == list(range(11, 0, -1))
    assert oldest == newest[::-1]
