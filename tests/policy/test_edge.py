"""What the rules on the edge see through: settings that are there and do nothing."""

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
def test_a_rule_names_its_hosts(named: tuple[str, ...]) -> None:
    assert of("edge-rule-host", {"conditions": [PATH, hosts(*named)]}) == []


@pytest.mark.parametrize("anybody", [("*",), ("*.*",), ("????*",), ("example.com", "*"), ()])
def test_a_host_of_wildcards_alone_names_none(anybody: tuple[str, ...]) -> None:
    assert of("edge-rule-host", {"conditions": [PATH, hosts(*anybody)]})


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


def test_a_managed_group_that_only_counts_blocks_nothing() -> None:
    assert of("edge-firewall-groups", groups("none")) == []
    assert len(of("edge-firewall-groups", groups("count"))) == len(MANAGED_GROUPS)


@pytest.mark.parametrize(
    ("name", "action", "wrong"),
    [
        ("SizeRestrictions_BODY", "count", 0),
        ("CrossSiteScripting_BODY", "count", 1),
        ("CrossSiteScripting_BODY", "allow", 1),
        ("CrossSiteScripting_BODY", "block", 0),
    ],
)
def test_of_a_managed_group_only_the_body_s_size_may_count(
    name: str, action: str, wrong: int
) -> None:
    found = groups("none")
    common = found["rules"][1]["statement"]["managedRuleGroupStatement"]
    common["ruleActionOverrides"] = [{"name": name, "actionToUse": {action: {}}}]
    assert len(of("edge-firewall-groups", found)) == wrong


@pytest.mark.parametrize(
    ("scope", "wrong"),
    [
        ({"notStatement": {"statement": {"ipSetReferenceStatement": {"arn": "offices"}}}}, 0),
        ({"ipSetReferenceStatement": {"arn": "offices"}}, 1),
    ],
)
def test_a_limit_for_some_addresses_alone_is_none(scope: dict[str, Any], wrong: int) -> None:
    limit = {"limit": 2000, "aggregateKeyType": "IP", "scopeDownStatement": scope}
    rule = {"action": {"block": {}}, "statement": {"rateBasedStatement": limit}}
    assert len(of("edge-rate-limit", {"rules": [rule]})) == wrong
