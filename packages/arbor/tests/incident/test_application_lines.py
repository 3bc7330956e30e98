"""`arbor triage` counts and shows the application's errors."""

import json

import pytest

from application_lines import KINDS, Kind
from incident_fixtures import log, operate
from staging_fixtures import Staging


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_error_counts_once(healthy_staging: Staging, kind: Kind) -> None:
    log("backend", *kind.events)
    found = json.loads(operate("triage", "--json").stdout)
    assert found["errors"]["backend"] == list(kind.errors)
    (check,) = (one for one in found["checked"] if one["name"] == "backend log")
    counted = f"{len(kind.errors)} error{'' if len(kind.errors) == 1 else 's'}"
    assert check["message"] == f"{counted} in the last 30 minutes"
    assert healthy_staging.output == []
