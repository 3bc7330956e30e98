"""Staging leaves an empty account; production refuses."""

import pytest
from pulumi.automation import CommandError

from emulator.registry import ROWS
from engine_stack import Deployed

KEPT_ON_PURPOSE = {
    "aws:ecs/taskDefinition:TaskDefinition",  # skipDestroy: a revision stays to roll back to
}


def test_staging_leaves_nothing_behind(staging: Deployed) -> None:
    made = [r for r in staging.resources() if r["custom"] and r["type"] in ROWS]
    staging.destroy()

    assert staging.resources() == []
    left = []
    for resource in made:
        row = ROWS[resource["type"]]
        if row.client is None or resource["type"] in KEPT_ON_PURPOSE:
            continue
        if row.read(staging.client(row.client), resource["id"]) is not None:
            left.append(resource["urn"])
    assert left == []


def test_production_refuses_while_what_holds_data_is_protected(production: Deployed) -> None:
    before = production.resources()
    with pytest.raises(CommandError, match="protect"):
        production.destroy()
    assert len(production.resources()) == len(before)
    instances = production.client("rds").describe_db_instances()["DBInstances"]
    assert "arbor-production-db" in {found["DBInstanceIdentifier"] for found in instances}
