"""Lifecycle hooks that the program removed; with the engine: test_config_procedures.py."""

from collections.abc import Iterator
from typing import Any

import pytest

import staging_fixtures
from arbor.procedure import Refused, Run
from ecs_world import client
from pipeline.apply import pauses
from pipeline.report.steps import Step
from staging_fixtures import BACKEND, CLUSTER, FRONTEND

HOOKS = {"deploymentConfiguration": {"lifecycleHooks": [{"lifecycleStages": ["A"]}]}}


@pytest.fixture
def staging() -> Iterator[staging_fixtures.Staging]:
    with staging_fixtures.staging() as made:
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


def hooks(staging: staging_fixtures.Staging, name: str) -> list[Any]:
    return list(staging.service(name)["deploymentConfiguration"].get("lifecycleHooks") or [])


def test_hooks_that_config_drops_are_deleted_from_ecs(staging: staging_fixtures.Staging) -> None:
    steps = [update("backend", HOOKS, {}), update("frontend", HOOKS, {})]
    output: list[str] = []
    Run(say=output.append).execute(pauses.actions(staging.account, steps))
    assert hooks(staging, BACKEND) == []
    assert len([line for line in output if f"delete the PAUSE hook of {BACKEND}" in line]) == 1
    assert not [line for line in output if FRONTEND in line], "ECS has none there"
    assert list(pauses.actions(staging.account, steps)) == []


def test_hooks_that_config_keeps_stay(staging: staging_fixtures.Staging) -> None:
    assert list(pauses.actions(staging.account, [update("backend", HOOKS, HOOKS)])) == []
    assert len(hooks(staging, BACKEND)) == 1


def test_a_service_that_is_being_deployed_is_refused(staging: staging_fixtures.Staging) -> None:
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)
    with pytest.raises(Refused, match=f"{BACKEND} is being deployed"):
        list(pauses.actions(staging.account, [update("backend", HOOKS, {})]))
    assert len(hooks(staging, BACKEND)) == 1
