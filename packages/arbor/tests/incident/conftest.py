"""A healthy staging with everything that triage reads."""

import pytest

import incident_fixtures
from staging_fixtures import Staging


@pytest.fixture
def healthy_staging(staging: Staging, monkeypatch: pytest.MonkeyPatch) -> Staging:
    monkeypatch.setattr("arbor.ecs.health.get", incident_fixtures.well)
    incident_fixtures.complete(staging)
    return staging
