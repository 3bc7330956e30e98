"""`arbor status`: the whole stack on one screen."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from arbor.account import Account
from arbor.incident import snapshot
from arbor.incident.checks import needs_attention
from arbor.incident.reads import shared_reads
from arbor.lock import held
from ecs_world import client
from incident_fixtures import API, CACHE, DATABASE, GIB, Gate, measure, operate, well
from staging_fixtures import ALARM, BACKEND, CLUSTER, FRONTEND, NEW, STACK, Staging

FIRST = [
    *["get_paginator"] * 2,  # list_services, describe_target_groups
    *["list_tasks"] * 2,
    "describe_db_instances",
    "get_metric_data",
    "describe_replication_groups",
    "get_resources",
    "get_parameter",
]
SECOND = ["describe_services", "describe_tags", "describe_tasks", "describe_certificate"]
THIRD = [
    *["list_service_deployments"] * 2,
    *["describe_task_definition"] * 2,
    "describe_rules",
    *["describe_target_health"] * 4,
    "describe_alarms",
]
FOURTH = [*["describe_service_deployments"] * 2, *["describe_target_groups"] * 2]


def test_a_healthy_stack_exits_0(healthy_staging: Staging) -> None:
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
        "OK  alarms               0 of 2 alarms in ALARM",
        "OK  database             available, db.t3.medium, one zone; 15.0 of 20 GiB free",
        "OK  cache                available, 1 node, automatic failover disabled",
        "OK  certificate          ISSUED, 3",
        "    operation            no command is running",
        "All checks passed.",
    ):
        assert line in done.stdout
    assert healthy_staging.history(BACKEND) == ["SUCCESSFUL"]


@pytest.mark.usefixtures("healthy_staging")
def test_productions_requirements_follow_the_tag_environment() -> None:
    rds = client("rds")
    (found,) = rds.describe_db_instances(DBInstanceIdentifier=DATABASE)["DBInstances"]
    rds.add_tags_to_resource(
        ResourceName=found["DBInstanceArn"], Tags=[{"Key": "Environment", "Value": "production"}]
    )
    shown = operate("status").stdout
    assert "NG  database             available, db.t3.medium, one zone" in shown
    assert "NG  cache                available, 1 node, automatic failover disabled" in shown


def test_calls_are_made_in_four_parallel_rounds(healthy_staging: Staging) -> None:
    gate = Gate(FIRST, SECOND, THIRD, FOURTH)
    account = Account(stack=STACK, client=gate.client)
    found = snapshot.take(shared_reads(account), well, datetime.now(UTC))
    assert [check for check in found.checks() if needs_attention(check)] == []
    assert (gate.unexpected, gate.missing()) == ([], [])
    assert healthy_staging.account.stack == found.stack


@pytest.mark.usefixtures("healthy_staging")
def test_a_backend_without_its_stores_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    stores = {"status": "degraded", "database": "unhealthy", "cache": "unhealthy"}

    def degraded(address: str) -> tuple[int, str]:
        answer = stores if address.endswith("/detailed") else {"status": "healthy"}
        return 200, json.dumps(answer) if "/health" in address else "<html>"

    monkeypatch.setattr("arbor.ecs.health.get", degraded)
    done = operate("status")
    assert done.exit_code == 1
    assert (
        f"NG  backend URL          {API} answers, but /detailed reports 'degraded'" in done.stdout
    )
    assert "database unhealthy, cache unhealthy" in done.stdout
    assert "1 wrong, 0 unknown" in done.stdout


def _alarm(staging: Staging) -> None:
    staging.ring("backend")


def _deleted(_: Staging) -> None:
    client("ecs").delete_service(cluster=CLUSTER, service=FRONTEND, force=True)


def _no_task(_: Staging) -> None:
    ecs = client("ecs")
    for task in ecs.list_tasks(cluster=CLUSTER, serviceName=FRONTEND)["taskArns"]:
        ecs.stop_task(cluster=CLUSTER, task=task, reason="a drill")
    ecs.update_service(cluster=CLUSTER, service=FRONTEND, desiredCount=0)


def _rolled_back(staging: Staging) -> None:
    revision = staging.infrastructure("backend", NEW)
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, taskDefinition=revision)
    staging.ring("backend")
    staging.finish()
    assert staging.history(BACKEND)[0] == "ROLLBACK_IN_PROGRESS"
    client("cloudwatch").set_alarm_state(
        AlarmName=ALARM.format("backend"), StateValue="OK", StateReason="over"
    )
    staging.finish()


def _no_weight(staging: Staging) -> None:
    elb = client("elbv2")
    (rule,) = elb.describe_rules(RuleArns=[staging.rules["frontend"]])["Rules"]
    groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    weighed = [{**group, "Weight": 0} for group in groups]
    forward = {"Type": "forward", "ForwardConfig": {"TargetGroups": weighed}}
    elb.modify_rule(RuleArn=rule["RuleArn"], Actions=[forward])


def _stopped_database(_: Staging) -> None:
    client("rds").stop_db_instance(DBInstanceIdentifier=DATABASE)


def _full_database(_: Staging) -> None:
    measure("AWS/RDS", "FreeStorageSpace", 1 * GIB, DBInstanceIdentifier=DATABASE)


def _no_database(_: Staging) -> None:
    client("rds").delete_db_instance(DBInstanceIdentifier=DATABASE, SkipFinalSnapshot=True)


def _no_cache(_: Staging) -> None:
    client("elasticache").delete_replication_group(ReplicationGroupId=CACHE)


def _no_certificate(_: Staging) -> None:
    acm = client("acm")
    (one,) = acm.list_certificates()["CertificateSummaryList"]
    acm.remove_tags_from_certificate(
        CertificateArn=one["CertificateArn"], Tags=[{"Key": "Stack", "Value": STACK}]
    )


@pytest.mark.parametrize(
    ("break_it", "line"),
    [
        (_alarm, "NG  alarm                backend-5xx since just now: a drill"),
        (_deleted, f"NG  frontend             there is no service {FRONTEND}"),
        (_no_task, "NG  frontend             0 of 0 running"),
        (_rolled_back, "NG  backend deployment   ROLLBACK_SUCCESSFUL, just now: "),
        (_no_weight, "NG  frontend colours     no target group receives production traffic"),
        (_stopped_database, "NG  database             stopped, db.t3.medium"),
        (_full_database, "NG  database             available, db.t3.medium, one zone; 1.0 of 20"),
        (_no_database, f"NG  database             there is no instance {DATABASE}"),
        (_no_cache, f"NG  cache                there is no replication group {CACHE}"),
        (_no_certificate, "NG  certificate          no certificate has the stack's tags"),
    ],
)
def test_a_problem_is_shown_and_exits_1(
    healthy_staging: Staging, break_it: Callable[[Staging], None], line: str
) -> None:
    break_it(healthy_staging)
    done = operate("status")
    assert done.exit_code == 1, done.output
    assert line in done.stdout, done.stdout
    assert "Run `arbor triage --stack staging` for severity" in done.stdout


def test_the_holder_of_the_lock_is_shown(healthy_staging: Staging) -> None:
    with held(healthy_staging.account, "release v9"):
        done = operate("status")
    assert done.exit_code == 0
    assert "operation            `release v9` by " in done.stdout


def test_a_crashed_task_is_shown_with_its_reason(healthy_staging: Staging) -> None:
    ecs = client("ecs")
    (task, _) = ecs.list_tasks(cluster=CLUSTER, serviceName=BACKEND)["taskArns"]
    ecs.stop_task(
        cluster=CLUSTER, task=task, reason="Task failed ELB health checks in (target-group x)"
    )
    healthy_staging.finish()
    done = operate("status")
    assert done.exit_code == 1
    assert "NG  backend tasks        1 crashed in the last hour" in done.stdout
    assert "Task failed ELB health checks" in done.stdout


def test_json_has_every_part(healthy_staging: Staging) -> None:
    healthy_staging.ring("backend")
    done = operate("status", "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert [service["version"] for service in found["services"]] == ["v1.0.0", "v1.0.0"]
    assert {colour["colour"]: colour["weight"] for colour in found["targets"][:2]} == {
        "blue": 0,
        "green": 100,
    }
    assert found["wrong"] == ["alarm: backend-5xx since just now: a drill"]
