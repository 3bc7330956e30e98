"""The pipeline's commands on a deployed stack, with the real engine."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from engine_stack import SPEED, Deployed, checkpoints
from pipeline.apply.apply import HalfDoneError, RefusedError, StaleError, apply
from pipeline.apply.outcome import CANCELLED, Outcome
from pipeline.drift import drift
from pipeline.preview import preview
from pipeline.report.report import Report


@pytest.fixture
def live(staging: Deployed, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    monkeypatch.setenv("PULUMI_EXPERIMENTAL", "true")  # it enables update plans
    return staging


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def planned(live: Deployed, plan: Path) -> Report:
    return preview(live.opened, plan=plan, look_for_drift=True)


@pytest.mark.slow
def test_a_deployed_stack_has_no_drift_and_no_finding(live: Deployed, plan: Path) -> None:
    report = planned(live, plan)
    assert (report.changes, report.findings, report.drift) == ([], [], [])
    assert report.passed
    assert report.unchanged > 150


@pytest.mark.slow
def test_operators_values_are_no_drift_and_a_resized_database_stops_apply(
    live: Deployed, plan: Path
) -> None:
    ecs, rds = live.client("ecs"), live.client("rds")
    ecs.update_service(
        cluster="arbor-staging-cluster", service="arbor-staging-backend", desiredCount=2
    )
    assert drift.find(live.deployment.stack, []) == []
    planned(live, plan)
    resized = {"DBInstanceIdentifier": "arbor-staging-db", "ApplyImmediately": True}
    (before,) = rds.describe_db_instances(DBInstanceIdentifier="arbor-staging-db")["DBInstances"]
    rds.modify_db_instance(**resized, DBInstanceClass="db.t3.large")
    calls = live.calls()

    with pytest.raises(RefusedError, match=r"set arbor:databaseClass to db\.t3\.large in Pulumi"):
        apply(live.opened, plan)
    (now,) = rds.describe_db_instances(DBInstanceIdentifier="arbor-staging-db")["DBInstances"]
    assert now["DBInstanceClass"] == "db.t3.large"
    assert live.calls() > calls
    rds.modify_db_instance(**resized, DBInstanceClass=before["DBInstanceClass"])
    assert drift.find(live.deployment.stack, []) == []


def test_only_the_approved_plan_is_applied(live: Deployed, plan: Path) -> None:
    live.deployment.configure({"arbor:wafRequestsPerFiveMinutes": 1000})
    report = planned(live, plan)
    assert [(c.group, c.name) for c in report.changes] == [("updated", "firewall-acl")]

    live.deployment.configure({"arbor:wafRequestsPerFiveMinutes": 1500})
    with pytest.raises(StaleError, match=r"stale: it differs for firewall-acl\.") as refused:
        apply(live.opened, plan)
    assert "staging was not changed." in str(refused.value)

    live.deployment.configure({"arbor:wafRequestsPerFiveMinutes": 1000})
    output: list[str] = []
    assert apply(live.opened, plan, output.append) == output == ["updated firewall-acl"]
    assert live.preview() == []


@pytest.mark.slow
def test_a_failed_apply_reports_half_done_changes_and_next_commands(
    live: Deployed, plan: Path, tmp_path: Path
) -> None:
    elb = live.client("elbv2")
    arn = live.deployment.stack.outputs()["services"].value["backend"]["test_rule_arn"]
    (rule,) = elb.describe_rules(RuleArns=[arn])["Rules"]
    groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    forward = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups[:1]}}
    live.deployment.configure({"arbor:spotWeight": 4, "arbor:wafRequestsPerFiveMinutes": 1700})
    planned(live, plan)
    elb.modify_rule(RuleArn=arn, Actions=[forward])

    report = tmp_path / "apply.json"
    with pytest.raises(HalfDoneError) as failed:
        apply(live.opened, plan, report=report)
    reported = str(failed.value)
    assert Outcome.read(report) == failed.value.outcome
    assert "The lock of staging is free." in reported
    assert "is not associated with listener rule" in reported
    assert "- updated firewall-acl" in reported
    assert "- update backend-service" in reported
    assert "- `pulumi preview --stack staging --refresh`" in reported


@pytest.mark.slow
def test_a_cancelled_job_leaves_no_lock_and_its_operations_in_the_state(
    live: Deployed, plan: Path, tmp_path: Path
) -> None:
    """SIGINT and SIGTERM, as GitHub sends them to a step, while two services are deployed."""
    live.deployment.configure({"arbor:spotWeight": 4})
    planned(live, plan)
    live.set_speed(1)  # a deployment takes longer than this test
    report = tmp_path / "apply.json"

    def cancel() -> None:
        while not (report.exists() and "update backend-service" in report.read_text()):
            time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=cancel)
    thread.start()
    with checkpoints(), pytest.raises(HalfDoneError) as cancelled:
        apply(live.opened, plan, report=report)
    thread.join()
    found = cancelled.value.outcome
    assert (found.result, found.lock) == (CANCELLED, "")
    # As pending, if the engine saved the state before it was terminated.
    assert "backend-service" in " ".join([*found.pending, *found.begun, *found.failed])
    assert found.next[0].startswith("`pulumi ")
    live.set_speed(SPEED)
    live.refresh()  # the lock is free
