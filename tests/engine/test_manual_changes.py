"""Tenet 2: neither a refresh nor an `up` undoes or fails on an operator's emergency change."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from engine import stack_file
from engine_stack import Deployed
from pipeline.drift import drift

CLUSTER = "arbor-production-cluster"
BACKEND = "arbor-production-backend"


SECRET, DATABASE = "arbor/production/db", "arbor-production-db"
Check = Callable[[], object]
TARGET = {
    "ServiceNamespace": "ecs",
    "ScalableDimension": "ecs:service:DesiredCount",
    "ResourceId": f"service/{CLUSTER}/{BACKEND}",
}


def service_of(stack: Deployed) -> dict[str, Any]:
    found = stack.client("ecs").describe_services(cluster=CLUSTER, services=[BACKEND])
    service: dict[str, Any] = found["services"][0]
    return service


def a_count(stack: Deployed) -> Check:
    more = service_of(stack)["desiredCount"] + 1
    stack.client("ecs").update_service(cluster=CLUSTER, service=BACKEND, desiredCount=more)
    return lambda: service_of(stack)["desiredCount"]


def a_version(stack: Deployed) -> Check:
    """Release a version."""
    ecs = stack.client("ecs")
    running = service_of(stack)["taskDefinition"]
    described = ecs.describe_task_definition(taskDefinition=running)["taskDefinition"]
    read_only = {"taskDefinitionArn", "revision", "status", "requiresAttributes"}
    read_only |= {"compatibilities", "registeredAt", "registeredBy", "deregisteredAt"}
    wanted = {key: value for key, value in described.items() if key not in read_only}
    wanted["containerDefinitions"][0]["image"] = "registry.example/backend:v2.0.0"
    released = ecs.register_task_definition(**wanted)["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster=CLUSTER, service=BACKEND, taskDefinition=released)
    stack.advance(3600)
    return lambda: service_of(stack)["taskDefinition"]


def weights(stack: Deployed) -> Check:
    """Weights of the frontend's rules: no deployment of it moves them back."""
    elb = stack.client("elbv2")
    services = stack.deployment.stack.outputs()["services"].value
    rule = services["frontend"]["production_rule_arn"]

    def actions() -> Any:
        return elb.describe_rules(RuleArns=[rule])["Rules"][0]["Actions"]

    moved = [{**g, "Weight": 50} for g in actions()[0]["ForwardConfig"]["TargetGroups"]]
    elb.modify_rule(
        RuleArn=rule, Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": moved}}]
    )
    return actions


def a_password(stack: Deployed) -> Check:
    """Rotate the password more than once."""
    secrets = stack.client("secretsmanager")
    for turn in range(3):
        value = json.dumps({"username": "arbor_user", "password": f"rotated-{turn}-password"})
        secrets.update_secret(SecretId=SECRET, SecretString=value)
    stack.client("rds").modify_db_instance(
        DBInstanceIdentifier=DATABASE,
        MasterUserPassword="rotated-2-password",
        ApplyImmediately=True,
    )
    return lambda: secrets.get_secret_value(SecretId=SECRET)["SecretString"]


def a_restored_instance(stack: Deployed) -> Check:
    rds, snapshot = stack.client("rds"), "arbor-production-manual"
    stack.advance(3600)  # until the new password is applied
    rds.create_db_snapshot(DBInstanceIdentifier=DATABASE, DBSnapshotIdentifier=snapshot)
    rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier=f"{DATABASE}-restored", DBSnapshotIdentifier=snapshot
    )
    return lambda: {db["DBInstanceIdentifier"] for db in rds.describe_db_instances()["DBInstances"]}


def a_token(stack: Deployed) -> Check:
    """Rotate the cache's token by hand; AWS returns only that it was changed."""
    cache = stack.client("elasticache")
    cache.modify_replication_group(
        ReplicationGroupId="arbor-production-redis",
        AuthToken=f"by-hand-{stack.calls():08}-token",
        AuthTokenUpdateStrategy="ROTATE",
        ApplyImmediately=True,
    )

    def changed() -> Any:
        found = cache.describe_replication_groups(ReplicationGroupId="arbor-production-redis")
        return found["ReplicationGroups"][0].get("AuthTokenLastModifiedDate")

    return changed


CHANGES = (a_count, a_version, a_password, a_token)
"""The changes that can be made twice; manual weights prevent a deployment of that service."""
PRODUCTION = stack_file.stack_config("production")["arbor:services"]
OTHER_PATHS = {
    "arbor:services": {**PRODUCTION, "backend": {**PRODUCTION["backend"], "paths": ["/api/*"]}}
}
BETWEEN: tuple[dict[str, object], ...] = (
    {"arbor:bakeTimeMinutes": 11, "arbor:databaseBackupWindow": "02:00-03:00"},
    {"arbor:bakeTimeMinutes": 12, "arbor:cacheSnapshotWindow": "02:00-03:00", **OTHER_PATHS},
)
"""Config of the resources that operators changed: services, database, cache."""


def made(stack: Deployed, changes: tuple[Callable[[Deployed], Check], ...]) -> dict[str, Check]:
    """Every manual change, and a function that reads its result."""
    return {change.__name__: change(stack) for change in changes}


def test_operators_changes_stay_and_pulumi_shows_no_change(production: Deployed) -> None:
    checks = made(production, (*CHANGES, weights, a_restored_instance))
    done = {name: check() for name, check in checks.items()}
    assert drift.find(production.deployment.stack, []) == []
    production.refresh()
    assert production.preview() == []
    assert production.up() == []
    assert {name: check() for name, check in checks.items()} == done


@pytest.mark.slow
@pytest.mark.parametrize("refreshed", [False, True], ids=["without a refresh", "refreshed"])
def test_operators_changes_stay_when_config_changes_the_same_resources(
    production: Deployed, *, refreshed: bool
) -> None:
    """The engine passes old inputs on; none of them may be sent with another change."""
    for between in BETWEEN:
        checks = made(production, CHANGES)
        done = {name: check() for name, check in checks.items()}
        if refreshed:
            production.refresh()
        production.deployment.configure(between)
        assert {step.name for step in production.up()} >= {"backend-service"}
        assert {name: check() for name, check in checks.items()} == done
        assert drift.find(production.deployment.stack, []) == []
        production.advance(7200)
        assert production.unserved() == []


@pytest.mark.slow
def test_changes_of_configured_values_stay_and_are_drift(production: Deployed) -> None:
    """`up` alone never refreshes, so it reverts nothing; the drift check reports the difference.

    A scaled database, and a floor (docs/decisions/scaling-floor.md).
    """
    rds, scaling = production.client("rds"), production.client("application-autoscaling")

    def change(size: str, floor: int) -> None:
        rds.modify_db_instance(
            DBInstanceIdentifier=DATABASE, DBInstanceClass=size, ApplyImmediately=True
        )
        scaling.register_scalable_target(**TARGET, MinCapacity=floor)

    def now() -> tuple[str, int]:
        (database,) = rds.describe_db_instances(DBInstanceIdentifier=DATABASE)["DBInstances"]
        (target,) = scaling.describe_scalable_targets(
            ServiceNamespace="ecs", ResourceIds=[TARGET["ResourceId"]]
        )["ScalableTargets"]
        return database["DBInstanceClass"], target["MinCapacity"]

    before = now()
    change("db.t3.large", 6)
    assert production.up() == []
    assert now() == ("db.t3.large", 6)
    production.refresh()
    assert {(step.op, step.name, step.keys) for step in production.preview()} == {
        ("update", "database-instance", ("instanceClass",)),
        ("update", "backend-scaling-target", ("minCapacity",)),
    }
    change(*before)
    production.refresh()
    assert production.preview() == []
