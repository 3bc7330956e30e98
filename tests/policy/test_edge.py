"""Rules on the edge: settings that are present but ineffective."""

from typing import Any

import pytest

from guardrails.edge import MANAGED_GROUPS
from guardrails.pack import RULES
from guardrails.rule import Rule
from verdict import violations

BY_NAME = {rule.name: rule for rule in RULES}
PATH = {"pathPattern": {"values": ["/api/*"]}}


def of(name: str, props: dict[str, Any]) -> list[str]:
    rule = BY_NAME[name]
    assert isinstance(rule, Rule)
    return violations(rule, props)


def hosts(*values: str) -> dict[str, Any]:
    return {"hostHeader": {"values": list(values)}}


@pytest.mark.parametrize("named", [("example.com",), ("*.example.com",), ("a.com", "b.com")])
def test_a_rule_with_literal_hosts_passes(named: tuple[str, ...]) -> None:
    assert of("edge-rule-host", {"conditions": [PATH, hosts(*named)]}) == []


@pytest.mark.parametrize("wildcards", [("*",), ("*.*",), ("????*",), ("example.com", "*"), ()])
def test_a_rule_with_a_host_of_wildcards_alone_fails(wildcards: tuple[str, ...]) -> None:
    assert of("edge-rule-host", {"conditions": [PATH, hosts(*wildcards)]})


def groups(override: str) -> dict[str, Any]:
    return {
        "rules": [
            {
                "overrideAction": {override: {}},
                "statement": {"managedRuleGroupStatement": {"name": name}},
            }
            for name in MANAGED_GROUPS
        ]
    }


def test_a_managed_group_that_only_counts_fails() -> None:
    assert of("edge-firewall-groups", groups("none")) == []
    assert len(of("edge-firewall-groups", groups("count"))) == len(MANAGED_GROUPS)


@pytest.mark.parametrize(
    ("name", "action", "expected"),
    [
        ("SizeRestrictions_BODY", "count", 0),
        ("CrossSiteScripting_BODY", "count", 1),
        ("CrossSiteScripting_BODY", "allow", 1),
        ("CrossSiteScripting_BODY", "block", 0),
    ],
)
def test_only_the_body_size_rule_of_a_managed_group_may_count(
    name: str, action: str, expected: int
) -> None:
    found = groups("none")
    common = found["rules"][1]["statement"]["managedRuleGroupStatement"]
    common["ruleActionOverrides"] = [{"name": name, "actionToUse": {action: {}}}]
    assert len(of("edge-firewall-groups", found)) == expected


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"notStatement": {"statement": {"ipSetReferenceStatement": {"arn": "offices"}}}}, 0),
        ({"ipSetReferenceStatement": {"arn": "offices"}}, 1),
    ],
)
def test_a_rate_limit_must_cover_all_addresses_but_exempt_ones(
    scope: dict[str, Any], expected: int
) -> None:
    limit = {"limit": 2000, "aggregateKeyType": "IP", "scopeDownStatement": scope}
    rule = {"action": {"block": {}}, "statement": {"rateBasedStatement": limit}}
    assert len(of("edge-rate-limit", {"rules": [rule]})) == expected
