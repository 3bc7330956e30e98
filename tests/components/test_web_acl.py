"""The web ACL: blocked requests, rate limits, and the contents of its log."""

import json
from dataclasses import replace
from typing import Any

import pytest

from components.web_acl import WebAcl, WebAclArgs
from components.web_acl_rules import ApiLimit
from harness import declare

ACL = "aws:wafv2/webAcl:WebAcl"
IP_SET = "aws:wafv2/ipSet:IpSet"
LOG = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
ARGS = WebAclArgs(
    load_balancer_arn="arn:lb",
    requests_per_five_minutes=2000,
    log_group_arn="arn:logs:aws-waf-logs-arbor-test",
    tags={"Stack": "test"},
)
UPLOADS = replace(ARGS, large_body_paths=("/api/v1/ingest/", "/upload"))
API = ApiLimit(path="/api/", uncounted=("/api/v1/health",), per_minute=50, per_ten_minutes=140)
LIMITED = replace(ARGS, api=API)
OFFICES = replace(ARGS, office_cidrs=("203.0.113.9/32", "198.51.100.0/24"))


def rules(args: WebAclArgs) -> dict[str, dict[str, Any]]:
    found = declare(lambda: WebAcl("firewall", args)).only(ACL)["rules"]
    assert len({rule["priority"] for rule in found}) == len(found)
    return {rule["name"]: rule for rule in found}


def common(args: WebAclArgs) -> dict[str, Any]:
    rule = rules(args)["AWSManagedRulesCommonRuleSet"]
    found: dict[str, Any] = rule["statement"]["managedRuleGroupStatement"]
    return found


def test_managed_groups_and_a_rate_limit_protect_the_load_balancer() -> None:
    found = rules(ARGS)
    assert list(found) == [
        "RateLimit",
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
    ]
    limit, *groups = found.values()
    assert limit["statement"]["rateBasedStatement"] == {"limit": 2000, "aggregateKeyType": "IP"}
    assert limit["action"] == {"block": {}}
    assert all(rule["overrideAction"] == {"none": {}} for rule in groups)
    association = declare(lambda: WebAcl("firewall", ARGS)).only(
        "aws:wafv2/webAclAssociation:WebAclAssociation"
    )
    assert association["resourceArn"] == "arn:lb"


def test_without_paths_every_body_over_8_kb_is_blocked() -> None:
    assert "ruleActionOverrides" not in common(ARGS)
    assert "BodyLimit" not in rules(ARGS)


def test_with_paths_large_bodies_are_blocked_on_other_paths() -> None:
    assert common(UPLOADS)["ruleActionOverrides"] == [
        {"name": "SizeRestrictions_BODY", "actionToUse": {"count": {}}}
    ]
    found = rules(UPLOADS)
    limit, group = found["BodyLimit"], found["AWSManagedRulesCommonRuleSet"]
    assert limit["action"] == {"block": {}}
    assert limit["priority"] > group["priority"]  # the label exists only after the managed rule
    label, *elsewhere = limit["statement"]["andStatement"]["statements"]
    assert label["labelMatchStatement"] == {
        "scope": "LABEL",
        "key": "awswaf:managed:aws:core-rule-set:SizeRestrictions_Body",
    }
    matches = [one["notStatement"]["statement"]["byteMatchStatement"] for one in elsewhere]
    assert [match["searchString"] for match in matches] == ["/api/v1/ingest/", "/upload"]
    for match in matches:
        assert match["positionalConstraint"] == "STARTS_WITH"
        assert match["fieldToMatch"] == {"uriPath": {}}
        # Otherwise /api/v1/ingest/../plans would pass.
        assert match["textTransformations"] == [{"priority": 0, "type": "NORMALIZE_PATH"}]


def test_for_every_path_the_body_rule_only_counts() -> None:
    args = replace(ARGS, large_body_paths=("/",))
    assert [one["name"] for one in common(args)["ruleActionOverrides"]] == ["SizeRestrictions_BODY"]
    assert "BodyLimit" not in rules(args)


def test_an_office_address_has_its_own_limit() -> None:
    declared = declare(lambda: WebAcl("firewall", OFFICES))
    offices = declared.only(IP_SET)
    assert offices["addresses"] == ["198.51.100.0/24", "203.0.113.9/32"]
    assert (offices["ipAddressVersion"], offices["scope"]) == ("IPV4", "REGIONAL")
    found = rules(OFFICES)
    others = found["RateLimit"]["statement"]["rateBasedStatement"]
    office = found["OfficeRateLimit"]["statement"]["rateBasedStatement"]
    inside = office["scopeDownStatement"]
    assert set(inside) == {"ipSetReferenceStatement"}
    assert others["scopeDownStatement"] == {"notStatement": {"statement": inside}}
    assert (others["limit"], office["limit"]) == (2000, 20_000)
    assert found["OfficeRateLimit"]["action"] == {"block": {}}


@pytest.mark.parametrize(
    ("name", "limit", "seconds"), [("ApiMinuteLimit", 50, 60), ("ApiTenMinuteLimit", 140, 600)]
)
def test_an_address_over_the_api_limit_gets_429_with_retry_after(
    name: str, limit: int, seconds: int
) -> None:
    acl = declare(lambda: WebAcl("firewall", LIMITED)).only(ACL)
    (rule,) = [rule for rule in acl["rules"] if rule["name"] == name]
    counted = rule["statement"]["rateBasedStatement"]
    assert (counted["limit"], counted["evaluationWindowSec"]) == (limit, seconds)
    assert counted["aggregateKeyType"] == "IP"  # unlike a header, a client can't forge it
    answer = rule["action"]["block"]["customResponse"]
    (body,) = acl["customResponseBodies"]
    assert (answer["responseCode"], answer["customResponseBodyKey"]) == (429, body["key"])
    assert answer["responseHeaders"] == [{"name": "Retry-After", "value": "120"}]
    assert (body["contentType"], json.loads(body["content"])) == (
        "APPLICATION_JSON",
        {"detail": "Too many requests: wait 120 seconds."},
    )


@pytest.mark.parametrize("name", ["ApiMinuteLimit", "ApiTenMinuteLimit"])
def test_the_api_limit_counts_the_applications_paths(name: str) -> None:
    counted = rules(replace(LIMITED, office_cidrs=OFFICES.office_cidrs))[name]["statement"]
    scope = counted["rateBasedStatement"]["scopeDownStatement"]["andStatement"]["statements"]
    within, without = scope  # an office is one client to the application, so it has no exception
    for match, path in (
        (within["byteMatchStatement"], "/api/"),
        (without["notStatement"]["statement"]["byteMatchStatement"], "/api/v1/health"),
    ):
        assert (match["searchString"], match["positionalConstraint"]) == (path, "STARTS_WITH")
        # Normalized, /api/../x would count as /x, but the load balancer routes it to the backend.
        assert match["textTransformations"] == [{"priority": 0, "type": "URL_DECODE"}]


def test_the_api_limit_counts_requests_that_other_rules_allow() -> None:
    args = replace(LIMITED, office_cidrs=OFFICES.office_cidrs, large_body_paths=("/upload",))
    by_priority = sorted(rules(args).values(), key=lambda rule: int(rule["priority"]))
    assert [rule["name"] for rule in by_priority][-2:] == ["ApiMinuteLimit", "ApiTenMinuteLimit"]


def test_without_an_api_limit_its_response_is_omitted() -> None:
    assert "customResponseBodies" not in declare(lambda: WebAcl("firewall", ARGS)).only(ACL)


def test_without_offices_the_address_set_is_omitted() -> None:
    assert declare(lambda: WebAcl("firewall", ARGS)).all(IP_SET) == {}


def test_the_log_omits_credentials_and_allowed_requests() -> None:
    log = declare(lambda: WebAcl("firewall", ARGS)).only(LOG)
    assert log["logDestinationConfigs"] == ["arn:logs:aws-waf-logs-arbor-test"]
    assert [field["singleHeader"]["name"] for field in log["redactedFields"]] == [
        "authorization",
        "cookie",
    ]
    kept = log["loggingFilter"]
    assert kept["defaultBehavior"] == "DROP"
    (only,) = kept["filters"]
    assert (only["behavior"], only["requirement"]) == ("KEEP", "MEETS_ANY")
    assert [one["actionCondition"]["action"] for one in only["conditions"]] == [
        "BLOCK",
        "COUNT",
        "EXCLUDED_AS_COUNT",
    ]


def test_a_rate_limit_below_wafs_minimum_is_refused() -> None:
    with pytest.raises(ValueError, match="must be 10 or more, got 9"):
        replace(ARGS, requests_per_five_minutes=9)


@pytest.mark.parametrize("key", ["per_minute", "per_ten_minutes"])
def test_an_api_limit_below_wafs_minimum_is_refused(key: str) -> None:
    changes: dict[str, Any] = {key: 9}
    with pytest.raises(ValueError, match=f"{key} must be 10 or more, got 9"):
        replace(API, **changes)


def test_a_path_without_its_slash_is_refused() -> None:
    with pytest.raises(ValueError, match="must begin with /, got api/"):
        replace(ARGS, large_body_paths=("api/",))


@pytest.mark.parametrize("token", [LOG, "aws:wafv2/webAclAssociation:WebAclAssociation"])
def test_association_and_log_are_deleted_before_their_replacement(token: str) -> None:
    options = declare(lambda: WebAcl("firewall", ARGS)).options_of(token)
    assert options.delete_before_replace is True
