"""A healthy staging with everything that triage reads."""

import pytest

import incident_world
from operations_world import World


@pytest.fixture
def staging(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setattr("arbor.ecs.health.get", incident_world.well)
    incident_world.complete(world)
    return world
