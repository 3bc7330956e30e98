"""The pipeline's commands on a deployed stack, by the real engine."""

from pathlib import Path

import pytest

from engine_stack import Deployed
from pipeline import drift
from pipeline.apply import HalfDoneError, RefusedError, apply
from pipeline.preview import preview
from pipeline.report import Report


@pytest.fixture
def live(staging: Deployed, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    monkeypatch.setenv("PULUMI_EXPERIMENTAL", "true")  # update plans are behind it
    return staging


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def planned(live: Deployed, plan: Path) -> Report:
    return preview(live.opened, plan=plan, look_for_drift=True)


def test_a_stack_as_it_was_deployed_has_no_drift_and_no_finding(live: Deployed, plan: Path) -> None:
    report = planned(live, plan)
    assert (report.changes, report.findings, report.drift) == ([], [], [])
    assert report.passed
    assert report.unchanged > 150


def test_what_operators_own_is_no_drift_and_a_resized_database_stops_the_apply(
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


def test_only_the_plan_that_was_approved_is_applied(live: Deployed, plan: Path) -> None:
    live.deployment.configure({"arbor:wafRequestsPerFiveMinutes": 1000})
    report = planned(live, plan)
    assert [(c.group, c.name) for c in report.changes] == [("updated", "firewall-acl")]

    live.deployment.configure({"arbor:wafRequestsPerFiveMinutes": 1500})
    with pytest.raises(HalfDoneError, match="violates plan") as refused:
        apply(live.opened, plan)
    assert "No change of staging was made before that." in str(refused.value)

    live.deployment.configure({"arbor:wafRequestsPerFiveMinutes": 1000})
    assert apply(live.opened, plan) == ["updated firewall-acl"]
    assert live.preview() == []


def test_a_failed_apply_says_what_is_half_done_and_what_to_run(live: Deployed, plan: Path) -> None:
    elb = live.client("elbv2")
    arn = live.deployment.stack.outputs()["services"].value["backend"]["test_rule_arn"]
    (rule,) = elb.describe_rules(RuleArns=[arn])["Rules"]
    groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    forward = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups[:1]}}
    live.deployment.configure({"arbor:spotWeight": 4, "arbor:wafRequestsPerFiveMinutes": 1700})
    planned(live, plan)
    elb.modify_rule(RuleArn=arn, Actions=[forward])

    with pytest.raises(HalfDoneError) as failed:
        apply(live.opened, plan)
    told = str(failed.value)
    assert "is not associated with listener rule" in told
    assert "- updated firewall-acl" in told
    assert "- update backend-service" in told
    assert "- pulumi preview --stack staging --refresh" in told
