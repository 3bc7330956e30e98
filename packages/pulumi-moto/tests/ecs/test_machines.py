"""An attached process runs the tasks, and sets the logins of the stores."""

from collections.abc import Iterator

import pytest

from ecs_world import World, client
from pulumi_moto import machines
from pulumi_moto.clock import CLOCK
from pulumi_moto.ecs.tasks import RUNS_FOR_SECONDS


@pytest.fixture
def attached(world: World) -> Iterator[World]:
    """Ends by itself no task, until the test is over."""
    assert machines.attached({"on": True}) == {"on": True}
    yield world
    machines.attached({})


def test_a_task_runs_until_its_process_has_ended_with_that_exit_code(attached: World) -> None:
    arn = attached.run("sh", "-c", "exit 3")
    CLOCK.advance(10 * RUNS_FOR_SECONDS)
    (task,) = attached.described(arn)
    assert task["lastStatus"] == "RUNNING"
    assert machines.ended({"task": arn, "code": 4}) == {"stopped": True}
    (task,) = attached.described(arn)
    assert (task["lastStatus"], task["containers"][0]["exitCode"]) == ("STOPPED", 4)
    assert task["stopCode"] == "EssentialContainerExited"
    assert machines.ended({"task": arn, "code": 0}) == {"stopped": False}
    assert machines.ended({"task": f"{arn}0", "code": 0}) == {"stopped": False}


def test_a_service_replaces_a_task_whose_process_has_ended(attached: World) -> None:
    attached.deployed()
    first, *others = (task["taskArn"] for task in attached.tasks())
    machines.ended({"task": first, "code": 137})
    after = {task["taskArn"] for task in attached.tasks()}
    assert len(after) == 1 + len(others)
    assert after > set(others)
    assert first not in after


def test_the_logins_are_those_that_the_engines_take_now(attached: World) -> None:
    assert attached
    rds = client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="db",
        DBInstanceClass="db.t3.medium",
        Engine="postgres",
        MasterUsername="app_user",
        MasterUserPassword="first-password",
        AllocatedStorage=20,
    )
    client("elasticache").create_replication_group(
        ReplicationGroupId="redis",
        ReplicationGroupDescription="cache",
        Engine="redis",
        CacheNodeType="cache.t3.micro",
        TransitEncryptionEnabled=True,
        AuthToken="first-token-of-letters",
    )
    first = {"user": "app_user", "password": "first-password"}
    assert machines.logins({}) == {
        "databases": {"db": first},
        "caches": {"redis": ["first-token-of-letters"]},
    }
    rds.modify_db_instance(
        DBInstanceIdentifier="db", MasterUserPassword="second-password", ApplyImmediately=True
    )
    assert machines.logins({})["databases"]["db"] == first, "RDS gives it on a little later"
    CLOCK.advance(60)
    assert machines.logins({})["databases"]["db"]["password"] == "second-password"
