from dataclasses import replace

import pytest

from components.web_acl import WebAcl, WebAclArgs
from harness import declare

ARGS = WebAclArgs(load_balancer_arn="arn:lb", requests_per_five_minutes=2000)


def test_aws_s_groups_and_a_rate_limit_stand_before_the_load_balancer() -> None:
    declared = declare(lambda: WebAcl("firewall", ARGS))
    rules = declared.only("aws:wafv2/webAcl:WebAcl")["rules"]
    assert [rule["name"] for rule in rules] == [
        "RateLimit",
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
    ]
    assert rules[0]["statement"]["rateBasedStatement"] == {
        "limit": 2000,
        "aggregateKeyType": "IP",
    }
    assert rules[0]["action"] == {"block": {}}
    assert all(rule["overrideAction"] == {"none": {}} for rule in rules[1:])
    association = declared.only("aws:wafv2/webAclAssociation:WebAclAssociation")
    assert association["resourceArn"] == "arn:lb"


def test_priorities_are_unique() -> None:
    rules = declare(lambda: WebAcl("firewall", ARGS)).only("aws:wafv2/webAcl:WebAcl")["rules"]
    assert len({rule["priority"] for rule in rules}) == len(rules)


def test_a_limit_that_waf_would_refuse_is_refused() -> None:
    with pytest.raises(ValueError, match="must be 10 or more, got 9"):
        replace(ARGS, requests_per_five_minutes=9)
