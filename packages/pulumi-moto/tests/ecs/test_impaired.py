"""A service with a missing network or target group adds an event, waits, and recovers.

EC2 and ELB refuse most of these deletions, so the tests take things away beneath the API.
"""

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ec2.models import EC2Backend, ec2_backends
from moto.elbv2.models import elbv2_backends

from ecs_world import CLUSTER, SERVICE, World, client
from pulumi_moto.ecs.events import KEPT, Events

Taken = Callable[[World], tuple[MutableMapping[str, Any], str]]
"""In what the thing is kept, and as what."""


def backend() -> EC2Backend:
    return ec2_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]


def a_subnet(world: World) -> tuple[MutableMapping[str, Any], str]:
    (zone,) = [zone for zone in backend().subnets.values() if world.subnets[0] in zone]
    return zone, world.subnets[0]


def the_security_group(world: World) -> tuple[MutableMapping[str, Any], str]:
    (vpc,) = [groups for groups in backend().groups.values() if world.security_group in groups]
    return vpc, world.security_group


def blue(world: World) -> tuple[MutableMapping[str, Any], str]:
    return elbv2_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].target_groups, world.blue


def green(world: World) -> tuple[MutableMapping[str, Any], str]:
    return blue(world)[0], world.green


@contextmanager
def without(world: World, taken: Taken) -> Iterator[None]:
    """Take the thing away, and put it back in the end."""
    kept, name = taken(world)
    thing = kept.pop(name)
    yield
    assert name not in kept  # moto invented no group
    kept[name] = thing


def messages(world: World) -> list[str]:
    return [event["message"] for event in world.service()["events"]]


def stop_all(world: World) -> None:
    for task in world.tasks(serviceName=SERVICE):
        world.ecs.stop_task(cluster=CLUSTER, task=task["taskArn"])


def everything_answers(world: World) -> None:
    """Also what has nothing to do with ECS: every call settles the account first."""
    assert world.ecs.list_services(cluster=CLUSTER)["serviceArns"]
    world.ecs.list_tasks(cluster=CLUSTER, desiredStatus="STOPPED")
    client("ec2").describe_vpcs()


TAKEN_AND_TOLD = pytest.mark.parametrize(
    ("taken", "reason"),
    [
        (
            a_subnet,
            (
                "Error retrieving subnet information for [{world.subnets[0]}]: The subnet ID "
                "'{world.subnets[0]}' does not exist (ErrorCode: InvalidSubnetID.NotFound)"
            ),
        ),
        (
            the_security_group,
            (
                "Error retrieving security group information for [{world.security_group}]: The "
                "security group '{world.security_group}' does not exist (ErrorCode: "
                "InvalidGroup.NotFound)"
            ),
        ),
    ],
)


@TAKEN_AND_TOLD
def test_tasks_that_cannot_start_are_one_event_and_are_retried(
    world: World, taken: Taken, reason: str
) -> None:
    world.deployed()
    response = (
        f"(service {SERVICE}) failed to launch a task with (error {reason.format(world=world)})."
    )
    for times in (1, 2):
        with without(world, taken):
            stop_all(world)
            everything_answers(world)
            assert world.service()["runningCount"] == 0
            assert messages(world).count(response) == times
        assert world.service()["runningCount"] == 2
        assert world.targets() == (0, 2)


@TAKEN_AND_TOLD
def test_a_task_in_a_missing_network_is_refused(world: World, taken: Taken, reason: str) -> None:
    with without(world, taken), pytest.raises(ClientError) as refusal:
        world.run()
    assert refusal.value.response["Error"]["Message"] == reason.format(world=world)


def test_a_deployment_whose_tasks_cannot_start_keeps_the_old_ones(world: World) -> None:
    world.deployed()
    with without(world, a_subnet):
        world.release()
        world.finish()
        everything_answers(world)
        new, old = world.service()["deployments"]
        assert (new["rolloutState"], new["failedTasks"], new["runningCount"]) == (
            "IN_PROGRESS",
            1,
            0,
        )
        assert (old["failedTasks"], old["runningCount"]) == (0, 2)
        assert world.serving(world.production) == world.green
    world.finish()
    (deployment,) = world.service()["deployments"]
    assert (deployment["rolloutState"], deployment["failedTasks"]) == ("COMPLETED", 0)
    assert world.serving(world.production) == world.blue


def test_a_deployment_whose_tasks_cannot_start_can_be_rolled_back(world: World) -> None:
    world.deployed()
    with without(world, a_subnet):
        world.release()
        world.roll_back()
        world.finish()
        assert world.history()[0] == "ROLLBACK_SUCCESSFUL"
        assert world.service()["runningCount"] == 2


def test_a_first_deployment_waits_for_its_network(world: World) -> None:
    world.create(desiredCount=0)
    with without(world, a_subnet):
        world.update(desiredCount=2)
        world.finish()
        assert world.service()["runningCount"] == 0
    world.finish()
    assert world.service()["runningCount"] == 2


def test_tasks_without_their_target_group_run_and_are_registered_when_it_is_back(
    world: World,
) -> None:
    world.deployed()
    with without(world, green):
        stop_all(world)
        everything_answers(world)
        assert world.service()["runningCount"] == 2
        response = (
            f"(service {SERVICE}) failed to register targets in (target-group {world.green}) with "
            "(error One or more target groups not found)"
        )
        assert messages(world).count(response) == 1
        stop_all(world)
        assert messages(world).count(response) == 1
    running = world.tasks(serviceName=SERVICE)
    found = world.elb.describe_target_health(TargetGroupArn=world.green)["TargetHealthDescriptions"]
    addresses = {d["value"] for t in running for d in t["attachments"][0]["details"]}
    # The targets of the tasks that were stopped meanwhile went with the group; it came back as it
    # was, so only running tasks are checked.
    assert len({target["Target"]["Id"] for target in found} & addresses) == 2


def test_a_deployment_gets_no_traffic_before_its_tasks_are_registered(world: World) -> None:
    world.deployed()
    with without(world, blue):
        world.release()
        world.finish()
        assert world.newest()["lifecycleStage"] == "SCALE_UP"
        assert world.serving(world.production) == world.green
        world.update(desiredCount=1)  # one of those that wait is stopped
    world.finish()
    assert world.newest()["status"] == "SUCCESSFUL"
    assert world.targets() == (1, 0)


def test_a_service_that_is_stuck_can_be_deleted(world: World) -> None:
    world.deployed()
    with without(world, a_subnet), without(world, green):
        stop_all(world)
        world.ecs.delete_service(cluster=CLUSTER, service=SERVICE, force=True)
        world.ecs.describe_services(cluster=CLUSTER, services=[SERVICE])
    assert world.tasks(serviceName=SERVICE) == []


def test_a_subnet_without_free_addresses_starts_as_many_tasks_as_it_has(world: World) -> None:
    ec2 = client("ec2")
    vpc = ec2.describe_subnets(SubnetIds=world.subnets)["Subnets"][0]["VpcId"]
    small = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.9.0/28")["Subnet"]["SubnetId"]
    network = {
        "awsvpcConfiguration": {"subnets": [small], "securityGroups": [world.security_group]}
    }
    world.deployed(networkConfiguration=network, desiredCount=20)
    assert world.service()["runningCount"] == 11
    assert len(ec2.describe_network_interfaces()["NetworkInterfaces"]) == 11
    assert "does not have enough free addresses" in messages(world)[0]
    world.update(desiredCount=11)
    world.finish()
    assert world.newest()["status"] == "SUCCESSFUL"


def test_a_service_keeps_its_newest_events_only() -> None:
    service: Any = SimpleNamespace(name=SERVICE, events=[])
    events = Events(service)
    for number in range(KEPT + 1):
        events.add(f"did {number}.")
    assert len(service.events) == KEPT
    assert service.events[0]["message"] == f"(service {SERVICE}) did {KEPT}."
