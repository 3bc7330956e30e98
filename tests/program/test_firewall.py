"""Uploads and the API's limit: the committed rules on requests of the application."""

from typing import Any

import pytest

import application
from both_stacks import PRODUCTION, STAGING
from components.web_acl import WebAcl, WebAclArgs
from components.web_acl_rules import ApiLimit
from harness import declare
from web_acl_evaluator import Request, blocked_by, counting

UPLOAD = "/api/v1/ingest/csv"
A_YEAR_OF_HOURS = 200_000
"""Bytes."""


def rules(stack: Any) -> list[dict[str, Any]]:
    firewall = stack.firewall
    args = WebAclArgs(
        load_balancer_arn="arn:lb",
        requests_per_five_minutes=firewall.requests_per_five_minutes,
        api=ApiLimit(
            path=application.API,
            uncounted=application.UNCOUNTED,
            per_minute=firewall.api_requests_per_minute,
            per_ten_minutes=firewall.api_requests_per_ten_minutes,
        ),
        large_body_paths=firewall.large_body_paths,
        log_group_arn="arn:logs:aws-waf-logs-arbor-test",
    )
    found: list[dict[str, Any]] = declare(lambda: WebAcl("firewall", args)).only(
        "aws:wafv2/webAcl:WebAcl"
    )["rules"]
    return found


@pytest.mark.parametrize("stack", [PRODUCTION, STAGING], ids=["production", "staging"])
def test_uploads_of_a_year_of_hours_pass_the_firewall_and_are_counted(stack: Any) -> None:
    upload = Request(UPLOAD, body=A_YEAR_OF_HOURS)
    assert blocked_by(rules(stack), upload) is None
    assert upload.counted == ["SizeRestrictions_BODY"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/plans",
        "/api/v1/ingest",
        "/api/v1/ingestion/",
        "/api/v1/ingest/../plans",
        "/API/v1/ingest/csv",
        "/x/api/v1/ingest/",
        "/",
    ],
)
def test_a_large_body_elsewhere_is_counted_and_blocked(path: str) -> None:
    request = Request(path, body=8193)
    assert blocked_by(rules(PRODUCTION), request) == "BodyLimit"
    assert request.counted == ["SizeRestrictions_BODY"]
    assert blocked_by(rules(PRODUCTION), Request(path, body=8192)) is None


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("/api/v1/plans", True),
        (UPLOAD, True),
        ("/%61pi/v1/plans", True),
        ("/api/../plans", True),
        ("/api/v1/health", False),
        ("/api/v1/health/detailed", False),
        ("/", False),
        ("/_next/static/chunks/main.js", False),
        ("/apidocs", False),
    ],
)
def test_rate_limit_the_firewall_counts_the_applications_paths(path: str, *, counts: bool) -> None:
    of_the_api = {"ApiMinuteLimit", "ApiTenMinuteLimit"}
    found = counting(rules(PRODUCTION), Request(path))
    assert found - {"RateLimit"} == (of_the_api if counts else set())
    assert "RateLimit" in found
