"""`arbor status`: everything on one screen, and no part hides another."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from arbor.account import Account
from arbor.incident import look, shared
from arbor.lock import held
from ecs_world import client
from incident_world import API, CACHE, DATABASE, GIB, Gate, measure, operate, well
from operations_world import ALARM, BACKEND, CLUSTER, FRONTEND, NEW, STACK, World

FIRST = [
    "describe_services",
    *["list_service_deployments"] * 2,
    *["list_tasks"] * 2,
    "describe_db_instances",
    "get_metric_data",
    "describe_replication_groups",
    "get_resources",
    "get_parameter",
]
SECOND = [
    *["describe_task_definition"] * 2,
    "describe_rules",
    *["describe_target_health"] * 4,
    "describe_alarms",
    *["describe_service_deployments"] * 2,
    *["describe_tasks"],
    "describe_certificate",
]


def test_all_is_well_is_0(staging: World) -> None:
    done = operate("status")
    assert done.exit_code == 0, done.output
    for line in (
        f"OK  backend URL          {API} 200 in ",
        "OK  frontend URL         https://",
        "OK  backend              2 of 2 running; arbor-staging-backend:1 (v1.0.0)",
        "OK  backend green        live, weight 100: 2 healthy",
        "    frontend blue        not live: no targets",
        "OK  frontend deployment  SUCCESSFUL",
        "OK  backend tasks        running: 2 of arbor-staging-backend:1",
        "OK  alarms               none of 2 rings",
        "OK  database             available, db.t3.medium, one zone; 15.0 of 20 GiB free",
        "OK  cache                available, 1 node, automatic failover disabled",
        "OK  certificate          ISSUED, 3",
        "    operation            no command is at work",
        "Everything is fine.",
    ):
        assert line in done.stdout
    assert staging.history(BACKEND) == ["SUCCESSFUL"]


@pytest.mark.usefixtures("staging")
def test_what_production_must_have_hangs_on_the_tag_and_not_on_the_stacks_name() -> None:
    rds = client("rds")
    (found,) = rds.describe_db_instances(DBInstanceIdentifier=DATABASE)["DBInstances"]
    rds.add_tags_to_resource(
        ResourceName=found["DBInstanceArn"], Tags=[{"Key": "Environment", "Value": "production"}]
    )
    told = operate("status").stdout
    assert "NG  database             available, db.t3.medium, one zone" in told
    assert "NG  cache                available, 1 node, automatic failover disabled" in told


def test_no_call_waits_for_more_than_one_other(staging: World) -> None:
    gate = Gate(FIRST, SECOND)
    account = Account(stack=STACK, client=gate.client)
    found = look.take(shared.share(account), well, datetime.now(UTC))
    assert [row for row in found.rows() if row.wrong] == []
    assert (gate.unexpected, gate.never_came()) == ([], [])
    assert staging.account.stack == found.stack


@pytest.mark.usefixtures("staging")
def test_a_backend_without_its_stores_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    stores = {"status": "degraded", "database": "unhealthy", "cache": "unhealthy"}

    def degraded(address: str) -> tuple[int, str]:
        said = stores if address.endswith("/detailed") else {"status": "healthy"}
        return 200, json.dumps(said) if "/health" in address else "<html>"

    monkeypatch.setattr("arbor.ecs.health.get", degraded)
    done = operate("status")
    assert done.exit_code == 1
    assert f"NG  backend URL          {API} answers, but /detailed says 'degraded'" in done.stdout
    assert "database unhealthy, cache unhealthy" in done.stdout
    assert "1 wrong, 0 unknown" in done.stdout


def _alarm(world: World) -> None:
    world.ring("backend")


def _no_task(_: World) -> None:
    ecs = client("ecs")
    for task in ecs.list_tasks(cluster=CLUSTER, serviceName=FRONTEND)["taskArns"]:
        ecs.stop_task(cluster=CLUSTER, task=task, reason="a drill")
    ecs.update_service(cluster=CLUSTER, service=FRONTEND, desiredCount=0)


def _taken_back(world: World) -> None:
    revision = world.infrastructure("backend", NEW)
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, taskDefinition=revision)
    world.ring("backend")
    world.finish()
    assert world.history(BACKEND)[0] == "ROLLBACK_IN_PROGRESS"
    client("cloudwatch").set_alarm_state(
        AlarmName=ALARM.format("backend"), StateValue="OK", StateReason="over"
    )
    world.finish()


def _no_weight(world: World) -> None:
    elb = client("elbv2")
    (rule,) = elb.describe_rules(RuleArns=[world.rules["frontend"]])["Rules"]
    groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    weighed = [{**group, "Weight": 0} for group in groups]
    forward = {"Type": "forward", "ForwardConfig": {"TargetGroups": weighed}}
    elb.modify_rule(RuleArn=rule["RuleArn"], Actions=[forward])


def _stopped_database(_: World) -> None:
    client("rds").stop_db_instance(DBInstanceIdentifier=DATABASE)


def _full_database(_: World) -> None:
    measure("AWS/RDS", "FreeStorageSpace", 1 * GIB, DBInstanceIdentifier=DATABASE)


def _no_database(_: World) -> None:
    client("rds").delete_db_instance(DBInstanceIdentifier=DATABASE, SkipFinalSnapshot=True)


def _no_cache(_: World) -> None:
    client("elasticache").delete_replication_group(ReplicationGroupId=CACHE)


def _no_certificate(_: World) -> None:
    acm = client("acm")
    (one,) = acm.list_certificates()["CertificateSummaryList"]
    acm.remove_tags_from_certificate(
        CertificateArn=one["CertificateArn"], Tags=[{"Key": "Stack", "Value": STACK}]
    )


@pytest.mark.parametrize(
    ("befall", "told"),
    [
        (_alarm, "NG  alarm                backend-5xx since just now: a drill"),
        (_no_task, "NG  frontend             0 of 0 running"),
        (_taken_back, "NG  backend deployment   ROLLBACK_SUCCESSFUL, just now: "),
        (_no_weight, "NG  frontend colours     no colour gets the users' requests"),
        (_stopped_database, "NG  database             stopped, db.t3.medium"),
        (_full_database, "NG  database             available, db.t3.medium, one zone; 1.0 of 20"),
        (_no_database, f"NG  database             there is no instance {DATABASE}"),
        (_no_cache, f"NG  cache                there is no replication group {CACHE}"),
        (_no_certificate, "NG  certificate          none has the stack's tags"),
    ],
)
def test_what_is_wrong_is_told_and_is_1(
    staging: World, befall: Callable[[World], None], told: str
) -> None:
    befall(staging)
    done = operate("status")
    assert done.exit_code == 1, done.output
    assert told in done.stdout, done.stdout
    assert "`arbor triage --stack staging` says" in done.stdout


def test_who_is_at_work_is_told_and_is_no_fault(staging: World) -> None:
    with held(staging.account, "release v9"):
        done = operate("status")
    assert done.exit_code == 0
    assert "operation            `release v9` by " in done.stdout


def test_a_task_that_crashed_is_told_with_its_reason(staging: World) -> None:
    ecs = client("ecs")
    (task, _) = ecs.list_tasks(cluster=CLUSTER, serviceName=BACKEND)["taskArns"]
    ecs.stop_task(
        cluster=CLUSTER, task=task, reason="Task failed ELB health checks in (target-group x)"
    )
    staging.finish()
    done = operate("status")
    assert done.exit_code == 1
    assert "NG  backend tasks        1 crashed in the last hour" in done.stdout
    assert "Task failed ELB health checks" in done.stdout


def test_scripts_get_json(staging: World) -> None:
    staging.ring("backend")
    done = operate("status", "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert [service["version"] for service in found["services"]] == ["v1.0.0", "v1.0.0"]
    assert {colour["colour"]: colour["weight"] for colour in found["targets"][:2]} == {
        "blue": 0,
        "green": 100,
    }
    assert found["wrong"] == ["alarm: backend-5xx since just now: a drill"]
