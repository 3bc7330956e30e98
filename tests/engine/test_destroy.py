"""Destroying staging leaves an empty account; production refuses."""

import pytest
from pulumi.automation import CommandError

from engine_stack import Deployed
from pulumi_moto.registry import ROWS

KEPT_ON_PURPOSE = {
    "aws:ecs/taskDefinition:TaskDefinition"  # skipDestroy: earlier revisions stay for a rollback
}


def test_destroying_staging_leaves_an_empty_account(staging: Deployed) -> None:
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


def test_destroying_production_is_refused_while_data_is_protected(production: Deployed) -> None:
    before = production.resources()
    with pytest.raises(CommandError, match="protect"):
        production.destroy()
    assert len(production.resources()) == len(before)
    instances = production.client("rds").describe_db_instances()["DBInstances"]
    assert "arbor-production-db" in {found["DBInstanceIdentifier"] for found in instances}


SERVICE = "aws:ecs/service:Service"
WAYS = (
    "aws:ec2/route:Route",
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
)
"""Resources that a task needs to reach its image, secrets, stores and log."""


def test_the_service_is_deleted_before_its_tasks_routes(staging: Deployed) -> None:
    steps = [(step.token, step.name) for step in staging.destroy() if step.op == "delete"]
    order = {step: place for place, step in enumerate(steps)}
    services = [place for (token, _), place in order.items() if token == SERVICE]
    rules = ("backend", "frontend")
    ways = {
        name: place
        for (token, name), place in order.items()
        if token in WAYS and (name.startswith(("network-", *rules)))
    }
    assert len(services) == 2
    assert len(ways) > 15
    early = {name: place for name, place in ways.items() if place < max(services)}
    assert early == {}


def test_the_state_contains_the_services_dependencies(production: Deployed) -> None:
    """Production has interface endpoints; a later `up` waits for them, too."""
    found = {r["urn"]: r for r in production.resources()}
    (service,) = [
        r for r in found.values() if r["type"] == SERVICE and r["urn"].endswith("::backend-service")
    ]
    names = {urn.split("::")[-1] for urn in service["dependencies"]}
    assert {
        "network-vpc",  # awsx's Vpc, with its routes and NAT gateways
        "network-ecr-api",
        "network-endpoints-in",
        "backend-door-8000-in",
        "backend-door-8000-out",
        "backend-task-https",
        "backend-task-database-in",
        "backend-task-database-out",
        "backend-task-cache-in",
        "backend-task-cache-out",
    } <= names
