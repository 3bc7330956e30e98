"""Tenet 2: what an operator did in an emergency, no refresh and no `up` undoes or trips over."""

import json
from typing import Any

from engine_stack import Deployed

CLUSTER = "arbor-production-cluster"
BACKEND = "arbor-production-backend"
RULE = "aws:lb/listenerRule:ListenerRule"


def settled(stack: Deployed) -> None:
    """Pulumi looks, and then has nothing to do."""
    stack.refresh()
    assert stack.preview() == []
    assert stack.up() == []


def service_of(stack: Deployed) -> dict[str, Any]:
    found = stack.client("ecs").describe_services(cluster=CLUSTER, services=[BACKEND])
    service: dict[str, Any] = found["services"][0]
    return service


def test_a_count_that_somebody_set_stays(production: Deployed) -> None:
    ecs = production.client("ecs")
    ecs.update_service(cluster=CLUSTER, service=BACKEND, desiredCount=6)
    settled(production)
    assert service_of(production)["desiredCount"] == 6
    ecs.update_service(cluster=CLUSTER, service=BACKEND, desiredCount=2)


def test_a_version_that_was_released_stays(production: Deployed) -> None:
    ecs = production.client("ecs")
    running = service_of(production)["taskDefinition"]
    described = ecs.describe_task_definition(taskDefinition=running)["taskDefinition"]
    read_only = {"taskDefinitionArn", "revision", "status", "requiresAttributes"}
    read_only |= {"compatibilities", "registeredAt", "registeredBy", "deregisteredAt"}
    wanted = {key: value for key, value in described.items() if key not in read_only}
    wanted["containerDefinitions"][0]["image"] = "registry.example/backend:v2.0.0"
    released = ecs.register_task_definition(**wanted)["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster=CLUSTER, service=BACKEND, taskDefinition=released)
    production.advance(3600)
    settled(production)
    assert service_of(production)["taskDefinition"] == released


def test_weights_that_were_moved_stay(production: Deployed) -> None:
    elb = production.client("elbv2")
    rule = production.deployment.stack.outputs()["services"].value["frontend"][
        "production_rule_arn"
    ]

    def weights() -> list[int]:
        action = elb.describe_rules(RuleArns=[rule])["Rules"][0]["Actions"][0]
        return [group["Weight"] for group in action["ForwardConfig"]["TargetGroups"]]

    before = elb.describe_rules(RuleArns=[rule])["Rules"][0]["Actions"]
    groups = before[0]["ForwardConfig"]["TargetGroups"]
    moved = [{**group, "Weight": 50} for group in groups]
    elb.modify_rule(
        RuleArn=rule, Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": moved}}]
    )
    settled(production)
    assert weights() == [50, 50]
    elb.modify_rule(
        RuleArn=rule, Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]
    )


def test_a_rotated_password_stays_after_any_number_of_rotations(production: Deployed) -> None:
    secrets, rds = production.client("secretsmanager"), production.client("rds")
    for turn in range(3):
        value = json.dumps({"username": "arbor_user", "password": f"rotated-{turn}-password"})
        secrets.update_secret(SecretId="arbor/production/db", SecretString=value)
    rds.modify_db_instance(
        DBInstanceIdentifier="arbor-production-db",
        MasterUserPassword="rotated-2-password",
        ApplyImmediately=True,
    )
    settled(production)
    current = secrets.get_secret_value(SecretId="arbor/production/db")["SecretString"]
    assert json.loads(current)["password"] == "rotated-2-password"


def test_a_snapshot_and_a_restored_instance_are_left_alone(production: Deployed) -> None:
    rds = production.client("rds")
    rds.create_db_snapshot(
        DBInstanceIdentifier="arbor-production-db", DBSnapshotIdentifier="arbor-production-manual"
    )
    rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier="arbor-production-db-restored",
        DBSnapshotIdentifier="arbor-production-manual",
    )
    settled(production)
    found = rds.describe_db_instances()["DBInstances"]
    assert "arbor-production-db-restored" in {db["DBInstanceIdentifier"] for db in found}


def test_a_database_that_was_scaled_by_hand_shows_in_the_preview_after_a_refresh(
    production: Deployed,
) -> None:
    """`up` alone never refreshes, so it does not undo it; the drift check finds it."""
    rds = production.client("rds")

    def scale(to: str) -> None:
        rds.modify_db_instance(
            DBInstanceIdentifier="arbor-production-db", DBInstanceClass=to, ApplyImmediately=True
        )

    scale("db.t3.large")
    assert production.up() == []
    production.refresh()
    (step,) = production.preview()
    assert (step.op, step.name, step.keys) == ("update", "database-instance", ("instanceClass",))
    scale("db.t3.medium")
    production.refresh()
    assert production.preview() == []


def test_a_floor_that_an_operator_raised_stays_and_shows_in_the_preview_after_a_refresh(
    production: Deployed,
) -> None:
    """docs/decisions/scaling-floor.md: config's as the class is, and no `up` of other things."""
    scaling = production.client("application-autoscaling")

    def raise_to(floor: int) -> None:
        scaling.register_scalable_target(
            ServiceNamespace="ecs",
            ScalableDimension="ecs:service:DesiredCount",
            ResourceId=f"service/{CLUSTER}/{BACKEND}",
            MinCapacity=floor,
        )

    raise_to(6)
    assert production.up() == []
    (found,) = scaling.describe_scalable_targets(
        ServiceNamespace="ecs", ResourceIds=[f"service/{CLUSTER}/{BACKEND}"]
    )["ScalableTargets"]
    assert found["MinCapacity"] == 6
    production.refresh()
    (step,) = production.preview()
    assert (step.op, step.name, step.keys) == (
        "update",
        "backend-scaling-target",
        ("minCapacity",),
    )
    raise_to(2)
    production.refresh()
    assert production.preview() == []
