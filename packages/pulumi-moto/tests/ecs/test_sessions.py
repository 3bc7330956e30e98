"""Sessions to a container, which the API opens and the plugin uses."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecs_world import CLUSTER, World, client

TO_HOST = "AWS-StartPortForwardingSessionToRemoteHost"
PARAMETERS = {"host": ["redis"], "portNumber": ["6379"], "localPortNumber": ["16379"]}


def start(target: str, document: str = TO_HOST, **parameters: list[str]) -> Any:
    return client("ssm").start_session(
        Target=target, DocumentName=document, Parameters=parameters or PARAMETERS
    )


def target_of(task: dict[str, Any]) -> str:
    number = task["taskArn"].rsplit("/", 1)[-1]
    (container,) = task["containers"]
    assert container["runtimeId"].startswith(f"{number}-")
    return f"ecs:{CLUSTER}_{number}_{container['runtimeId']}"


def refused(target: str, **params: Any) -> str:
    with pytest.raises(ClientError) as error:
        start(target, **params)
    return str(error.value.response["Error"]["Code"])


def test_a_container_with_the_agent_is_reached_until_its_task_stops(world: World) -> None:
    (task,) = world.described(world.run(enableExecuteCommand=True))
    target = target_of(task)
    assert start(target)["StreamUrl"].startswith("wss://127.0.0.1")
    assert refused(target, document="AWS-Unknown") == "InvalidDocument"
    assert refused(target, portNumber=["1"]) == "InvalidParameters"
    client("ecs").stop_task(cluster=CLUSTER, task=task["taskArn"])
    assert refused(target) == "TargetNotConnected"


def test_a_missing_target_is_not_connected(world: World) -> None:
    (without,) = world.described(world.run())
    (task,) = world.described(world.run(enableExecuteCommand=True))
    for target in (target_of(without), f"{target_of(task)}0", "i-0123456789abcdef0"):
        assert refused(target) == "TargetNotConnected"


def test_a_session_is_ended_once(world: World) -> None:
    arn = world.run(enableExecuteCommand=True)
    ssm = client("ssm")
    command = client("ecs").execute_command(
        cluster=CLUSTER, task=arn, interactive=True, command="python -V"
    )
    assert command["containerArn"]
    started = start(target_of(world.described(arn)[0]))["SessionId"]
    for session in (started, command["session"]["sessionId"]):
        assert ssm.terminate_session(SessionId=session)["SessionId"] == session
        with pytest.raises(ClientError, match="Session is not in a valid state"):
            ssm.terminate_session(SessionId=session)
    with pytest.raises(ClientError, match="DoesNotExistException"):
        ssm.terminate_session(SessionId="unknown")


def test_a_command_is_interactive_or_refused(world: World) -> None:
    arn = world.run(enableExecuteCommand=True)
    with pytest.raises(ClientError, match="Interactive is the only mode"):
        client("ecs").execute_command(cluster=CLUSTER, task=arn, interactive=False, command="true")
