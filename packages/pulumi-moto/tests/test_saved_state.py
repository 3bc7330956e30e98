"""A restored account is a copy of its own, and works as the built one."""

from contextlib import contextmanager

import ecs_world
from ecs_world import CLUSTER, HOUR
from pulumi_moto.clock import CLOCK
from saved_state import saved


def test_a_change_in_one_copy_is_absent_from_the_next() -> None:
    with ecs_world.world() as first:
        first.deployed()
        first.elb.delete_rule(RuleArn=first.test)
        assert first.service()["runningCount"] == 2
    with ecs_world.world() as second:
        assert second.elb.describe_rules(RuleArns=[second.test])["Rules"]
        listed = second.ecs.list_services(cluster=CLUSTER)
        assert listed["serviceArns"] == []


def test_backends_of_a_copy_refer_to_each_other() -> None:
    """A service's deployment goes through ECS, EC2, ELB and IAM."""
    for _ in range(2):
        with ecs_world.world() as world:
            world.deployed()
            assert world.targets() == (0, 2)


def test_a_copy_has_the_clock_of_its_account() -> None:
    @contextmanager
    @saved
    def running():  # type: ignore[no-untyped-def] # noqa: ANN202 - ParamSpec infers it
        with ecs_world.world() as world:
            world.create()
            yield world

    with running() as first:
        CLOCK.advance(HOUR)
        assert first.history() == ["SUCCESSFUL"]
    with running() as second:
        assert second.history() == ["IN_PROGRESS"]
        second.finish()
        assert second.history() == ["SUCCESSFUL"]
