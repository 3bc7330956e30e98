"""`arbor triage`: problems, severity and next commands, from AWS's APIs and public URLs."""

import json

import pytest

from arbor.incident import firewall
from components.web_acl_rules import API_MINUTE_LIMIT, API_TEN_MINUTE_LIMIT
from ecs_world import client
from incident_fixtures import API, CACHE, REPORT, balanced, block, cached, log, operate
from staging_fixtures import ALARM, BACKEND, CLUSTER, DOMAIN, NEW, Staging

POOL = "QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00"


def answering(
    monkeypatch: pytest.MonkeyPatch, backend: tuple[int, str], frontend: tuple[int, str]
) -> None:
    answers = {API: backend, f"https://{DOMAIN}/": frontend}
    monkeypatch.setattr("arbor.ecs.health.get", answers.__getitem__)


def test_a_healthy_stack_exits_0_and_shows_each_check(healthy_staging: Staging) -> None:
    log("backend", json.dumps({"level": "INFO", "message": "all is well"}))
    done = operate("triage")
    assert done.exit_code == 0, done.output
    for line in (
        "\nNo problem found.\n",
        f"OK  backend URL          {API} 200 in ",
        "database connected, redis connected",
        f"OK  frontend URL         https://{DOMAIN}/ 200 in ",
        "OK  backend green        live, weight 100: 2 healthy",
        "OK  backend log          0 errors in the last 30 minutes",
        "OK  502/503 errors  1 of 1000 requests in the last 15 minutes",
        "OK  blocked by WAF  0 requests in the last 15 minutes",
        "OK  slow responses  0.20 s, the highest 5-minute average",
        "OK  pool exhausted  0 log lines; 40 of ",
        "OK  cache           900 hits, 100 misses, 0 evictions, 40 connections",
    ):
        assert line in done.stdout, done.stdout
    assert healthy_staging.history(BACKEND) == ["SUCCESSFUL"]


@pytest.mark.usefixtures("healthy_staging")
def test_a_backend_that_answers_503_is_p1(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, (503, ""), (200, "<html>"))
    done = operate("triage")
    assert done.exit_code == 1
    title, first, second, third, *_ = done.stdout.splitlines()
    assert title.startswith("staging at 2")
    assert first.rstrip() == (
        "Looks like P1 - Critical: complete service outage; respond within 15 minutes."
    )
    assert second.rstrip() == "P1  backend: its public URL answers 503"
    # A recent deployment is the likely cause.
    assert third.rstrip() == "    run: arbor rollback backend --stack staging"


@pytest.mark.usefixtures("healthy_staging")
def test_an_unreachable_public_url_is_p1(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> tuple[int, str]:
        raise ConnectionRefusedError("connection refused")

    monkeypatch.setattr("arbor.ecs.health.get", refuse)
    found = json.loads(operate("triage", "--json").stdout)
    problems = [(one["level"], one["evidence"]) for one in found["findings"]]
    assert problems == [
        ("P1", "backend: its public URL does not answer: connection refused"),
        ("P2", "frontend: its public URL does not answer: connection refused"),
    ]


@pytest.mark.usefixtures("healthy_staging")
def test_a_backend_without_its_cache_is_p2(monkeypatch: pytest.MonkeyPatch) -> None:
    report = {**REPORT, "status": "degraded", "redis": "disconnected"}
    answering(monkeypatch, (200, json.dumps(report)), (200, "<html>"))
    done = operate("triage")
    assert done.exit_code == 1
    assert "Looks like P2" in done.stdout
    assert "P2  backend reports: redis disconnected" in done.stdout
    assert "    run: arbor cache stats" in done.stdout


@pytest.mark.usefixtures("healthy_staging")
def test_a_backend_without_its_stores_is_p2(monkeypatch: pytest.MonkeyPatch) -> None:
    shallow = {"status": "healthy", "version": "1.0.0", "environment": "production"}
    stores = {"status": "degraded", "database": "unhealthy", "cache": "unhealthy"}
    answers = {
        API: (200, json.dumps(shallow)),
        f"{API}/detailed": (200, json.dumps({**shallow, **stores})),
        f"https://{DOMAIN}/": (200, "<html>"),
    }
    monkeypatch.setattr("arbor.ecs.health.get", answers.__getitem__)
    done = operate("triage")
    assert done.exit_code == 1
    for line in (
        "Looks like P2",
        "P2  backend reports: database unhealthy\n    run: arbor database connections",
        "P2  backend reports: cache unhealthy\n    run: arbor cache stats",
        (
            f"NG  backend URL          {API} answers, but /detailed reports 'degraded' instead of "
            "'healthy', database unhealthy, "
        ),
    ):
        assert line in "\n".join(one.rstrip() for one in done.stdout.splitlines()), done.stdout


@pytest.mark.usefixtures("healthy_staging")
def test_a_503_with_a_report_is_p1_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    report = {**REPORT, "status": "unhealthy", "database": "disconnected"}
    answering(monkeypatch, (503, json.dumps(report)), (200, "<html>"))
    found = json.loads(operate("triage", "--json").stdout)
    problems = [(one["level"], one["evidence"]) for one in found["findings"]]
    assert ("P1", "backend: its public URL answers 503") in problems
    assert ("P2", "backend reports: database disconnected") in problems


def test_no_healthy_target_with_production_traffic_is_p1(healthy_staging: Staging) -> None:
    elb = client("elbv2")
    (live,) = [
        group["TargetGroupArn"]
        for action in elb.describe_rules(RuleArns=[healthy_staging.rules["backend"]])["Rules"][0][
            "Actions"
        ]
        for group in action["ForwardConfig"]["TargetGroups"]
        if group["Weight"]
    ]
    targets = elb.describe_target_health(TargetGroupArn=live)["TargetHealthDescriptions"]
    elb.deregister_targets(TargetGroupArn=live, Targets=[one["Target"] for one in targets])
    done = operate("triage")
    assert done.exit_code == 1
    assert "P1  backend: the live target group has 0 healthy targets" in done.stdout


def test_the_common_issues_have_findings_with_numbers(healthy_staging: Staging) -> None:
    log("backend", json.dumps({"level": "ERROR", "message": POOL}), f"ERROR {POOL}")
    balanced(healthy_staging, HTTPCode_ELB_5XX_Count=99, TargetResponseTime=9.0)
    cached(Evictions=5, CacheMisses=2000)
    done = operate("triage")
    assert done.exit_code == 1
    for line in (
        "Looks like P2 - High: a major feature is broken; respond within 1 hour.",
        "P2  100 of 1000 requests (10%) had a 5xx response",
        "P2  the connection pool is exhausted: 2 log lines",
        "P3  responses take 4.6 s on average, more than 2 s",
        "P3  the cache's hit rate is 30%",
        "P3  the cache is full: it evicted 5 keys",
        "P4  backend: 2 errors in the last 30 minutes",
        "NG  502/503 errors  100 of 1000 requests",
        "NG  slow responses  4.60 s, the highest",
        "NG  pool exhausted  2 log lines; ",
        "NG  cache           900 hits, 2100 misses, 5 evictions",
        "Last errors of backend",
        f"  {POOL}",
    ):
        assert line in done.stdout, done.stdout


@pytest.mark.usefixtures("healthy_staging")
def test_requests_that_waf_blocked_are_shown_with_the_rule() -> None:
    block("SizeRestrictions_BODY", 60, group="AWSManagedRulesCommonRuleSet")
    block("RateLimit", 3)
    done = operate("triage")
    assert done.exit_code == 1
    for line in (
        "Looks like P3",
        "P3  WAF blocked 63 requests (6%): SizeRestrictions_BODY of AWSManagedRules",
        "CommonRuleSet 60 (such as POST /api/v1/ingest/csv); RateLimit 3 (such as POST ",
        "    run: aws logs tail aws-waf-logs-arbor-staging --since 15m --format short",
        "NG  blocked by WAF  63 requests in the last 15 minutes: SizeRestrictions_BODY of ",
        "OK  backend log          0 errors",
    ):
        assert line in done.stdout, done.stdout


@pytest.mark.usefixtures("healthy_staging")
def test_few_blocked_requests_are_shown_without_a_finding() -> None:
    block("RateLimit", 30)
    done = operate("triage")
    assert done.exit_code == 0, done.stdout
    assert "OK  blocked by WAF  30 requests in the last 15 minutes: RateLimit 30" in done.stdout


@pytest.mark.usefixtures("healthy_staging")
def test_one_client_above_the_apis_limit_is_no_finding() -> None:
    assert {API_MINUTE_LIMIT, API_TEN_MINUTE_LIMIT} == firewall.API_LIMITS
    block(API_MINUTE_LIMIT, 200)
    block(API_TEN_MINUTE_LIMIT, 100)
    done = operate("triage")
    assert done.exit_code == 0, done.stdout
    assert (
        "OK  blocked by WAF  300 requests in the last 15 minutes: ApiMinuteLimit 200" in done.stdout
    )


def test_a_rolled_back_deployment_is_p4(healthy_staging: Staging) -> None:
    revision = healthy_staging.infrastructure("backend", NEW)
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, taskDefinition=revision)
    healthy_staging.ring("backend")
    healthy_staging.finish()
    client("cloudwatch").set_alarm_state(
        AlarmName=ALARM.format("backend"), StateValue="OK", StateReason="over"
    )
    healthy_staging.finish()
    found = json.loads(operate("triage", "--json").stdout)
    (finding,) = found["findings"]
    assert found["severity"] == finding["level"] == "P4"
    assert finding["run"] == "arbor logs backend --errors --since 30m --stack staging"
    assert finding["evidence"].startswith(
        "backend: the newest deployment is ROLLBACK_SUCCESSFUL, just now: "
    )
    assert "backend-5xx" in finding["evidence"]


def test_an_unknown_part_leaves_the_findings_and_is_named(healthy_staging: Staging) -> None:
    client("elasticache").delete_replication_group(ReplicationGroupId=CACHE)
    client("logs").delete_log_group(logGroupName="/ecs/arbor-staging/frontend")
    done = operate("triage")
    assert done.exit_code == 1
    assert "Looks like P2 - High" in done.stdout
    assert "1 part unknown: severity may be higher." in done.stdout
    assert "P2  the cache is absent" in done.stdout
    assert "??  frontend log         unknown: AWS: " in done.stdout
    assert healthy_staging.output == []
