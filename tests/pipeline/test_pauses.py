"""Lifecycle hooks that the program no longer names; with the engine: test_config_procedures.py."""

from collections.abc import Iterator
from typing import Any

import pytest

import operations_world
from arbor.procedure import Refused, Run
from ecs_world import client
from operations_world import BACKEND, CLUSTER, FRONTEND
from pipeline.apply import pauses
from pipeline.report.steps import Step

HOOKS = {"deploymentConfiguration": {"lifecycleHooks": [{"lifecycleStages": ["A"]}]}}


@pytest.fixture
def world() -> Iterator[operations_world.World]:
    with operations_world.world() as made:
        made.pause(BACKEND)
        yield made


def update(app: str, old: dict[str, Any], new: dict[str, Any]) -> Step:
    return Step(
        op="update",
        urn="urn",
        token=pauses.ECS_SERVICE,
        name=f"{app}-service",
        keys=("deploymentConfiguration",),
        old=old,
        new=new,
    )


def hooks(world: operations_world.World, name: str) -> list[Any]:
    return list(world.service(name)["deploymentConfiguration"].get("lifecycleHooks") or [])


def test_hooks_that_config_drops_are_taken_out_of_ecs(world: operations_world.World) -> None:
    steps = [update("backend", HOOKS, {}), update("frontend", HOOKS, {})]
    said: list[str] = []
    Run(say=said.append).execute(pauses.actions(world.account, steps))
    assert hooks(world, BACKEND) == []
    assert len([line for line in said if f"delete the PAUSE hook of {BACKEND}" in line]) == 1
    assert not [line for line in said if FRONTEND in line], "ECS has none there"
    assert list(pauses.actions(world.account, steps)) == []


def test_hooks_that_config_keeps_stay(world: operations_world.World) -> None:
    assert list(pauses.actions(world.account, [update("backend", HOOKS, HOOKS)])) == []
    assert len(hooks(world, BACKEND)) == 1


def test_a_service_that_is_being_deployed_is_refused(world: operations_world.World) -> None:
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)
    with pytest.raises(Refused, match=f"{BACKEND} is being deployed"):
        list(pauses.actions(world.account, [update("backend", HOOKS, {})]))
    assert len(hooks(world, BACKEND)) == 1
