import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from pulumi_moto import lifecycle
from pulumi_moto.registry import row_for
from pulumi_moto.row import Client
from row_example import EXAMPLES

TOKEN = "aws:ecs/taskDefinition:TaskDefinition"


@pytest.fixture
def ecs() -> Iterator[Client]:
    with mock_aws():
        yield boto3.client("ecs")


def inputs(**changed: Any) -> dict[str, Any]:
    return {**EXAMPLES[TOKEN].inputs(), **changed}


@pytest.mark.parametrize(("skip", "left"), [(True, 1), (False, 0)])
def test_a_revision_stays_active_with_skip_destroy_only(
    ecs: Client, *, skip: bool, left: int
) -> None:
    row = row_for(TOKEN)
    arn, state = lifecycle.create(row, ecs, inputs(skipDestroy=skip))
    row.delete(ecs, arn, state)
    assert len(ecs.list_task_definitions(status="ACTIVE")["taskDefinitionArns"]) == left


def test_everything_but_tags_and_skip_destroy_makes_a_new_revision() -> None:
    row = row_for(TOKEN)
    in_place = {path.split(".")[0] for path in row.inputs} - row.replaces
    assert in_place == {"tags", "skipDestroy"}


def test_two_revisions_of_a_family_are_two_resources(ecs: Client) -> None:
    row = row_for(TOKEN)
    first, _ = lifecycle.create(row, ecs, inputs())
    second, state = lifecycle.create(row, ecs, inputs(cpu="1024", memory="2048"))
    assert (first[-2:], second[-2:]) == (":1", ":2")
    assert state["revision"] == 2
    assert state["arnWithoutRevision"] + ":2" == second


@pytest.mark.parametrize(
    ("given", "same"),
    [
        ({"essential": True, "cpu": 0, "environment": []}, True),
        ({"portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}]}, True),
        ({"secrets": [{"name": "b", "valueFrom": "2"}, {"name": "a", "valueFrom": "1"}]}, True),
        ({"image": "another"}, False),
        ({"portMappings": [{"containerPort": 81}]}, False),
        ({"secrets": [{"name": "a", "valueFrom": "2"}, {"name": "b", "valueFrom": "1"}]}, False),
        ({"command": ["b", "a"]}, False),
        ({"essential": False}, False),
    ],
)
def test_containers_are_the_same_where_ecs_would_run_the_same(
    given: dict[str, Any], *, same: bool
) -> None:
    held = {
        "name": "backend",
        "image": "one",
        "portMappings": [{"containerPort": 80}],
        "secrets": [{"name": "a", "valueFrom": "1"}, {"name": "b", "valueFrom": "2"}],
        "command": ["a", "b"],
    }
    old, new = ({"containerDefinitions": json.dumps([c])} for c in (held, {**held, **given}))
    assert (row_for(TOKEN).changed(old, old, new) == frozenset()) is same


def test_an_unknown_value_in_a_preview_counts_as_changed() -> None:
    row = row_for(TOKEN)
    held = {
        "containerDefinitions": json.dumps([{"name": "backend", "image": "one"}]),
        "requiresCompatibilities": ["FARGATE"],
        "volumes": [{"name": "tmp"}],
    }
    assert row.changed(held, held, dict.fromkeys(held, lifecycle.UNKNOWN)) == set(held)
