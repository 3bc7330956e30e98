"""What the rules of a web ACL do with one request, as far as they look at path and body's size."""

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

INSPECTED = 8192
"""Bytes of a body that a load balancer gives to WAF; of a larger one a managed rule inspects these
and goes on, except the one that blocks it for its size.
https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-setting-body-inspection-limit.html"""
TRANSFORMED: Mapping[str, Callable[[str], str]] = {
    "URL_DECODE": unquote,
    "NORMALIZE_PATH": posixpath.normpath,
}


@dataclass
class Request:
    """One request, and the labels that rules put on it."""

    path: str
    body: int = 0
    """Bytes."""
    labels: set[str] = field(default_factory=set)
    counted: list[str] = field(default_factory=list)
    """Rules that matched and did not end it: WAF's log has it because of them."""


def blocked_by(rules: Sequence[Mapping[str, Any]], request: Request) -> str | None:
    """The rule that blocks a request of an address below every limit; None if it passes."""
    for rule in sorted(rules, key=lambda rule: int(rule["priority"])):
        statement = rule["statement"]
        if group := statement.get("managedRuleGroupStatement"):
            if _too_large(group, request):
                return "SizeRestrictions_BODY"
        elif "rateBasedStatement" not in statement and matches(statement, request):
            assert "block" in rule["action"]
            return str(rule["name"])
    return None


def counting(rules: Sequence[Mapping[str, Any]], request: Request) -> set[str]:
    """The rate-based rules that count a request."""
    return {
        str(rule["name"])
        for rule in rules
        if (counted := rule["statement"].get("rateBasedStatement")) is not None
        and matches(counted.get("scopeDownStatement", {}), request)
    }


def matches(statement: Mapping[str, Any], request: Request) -> bool:
    """Whether a statement, or none, matches; addresses are of no office."""
    for kind, asked in statement.items():
        match kind:
            case "andStatement":
                return all(matches(one, request) for one in asked["statements"])
            case "notStatement":
                return not matches(asked["statement"], request)
            case "labelMatchStatement":
                return asked["key"] in request.labels
            case "ipSetReferenceStatement":
                return False
            case "byteMatchStatement":
                path = request.path
                for step in sorted(asked["textTransformations"], key=lambda one: one["priority"]):
                    path = TRANSFORMED[step["type"]](path)
                return path.startswith(asked["searchString"])
            case _:
                raise AssertionError(f"a statement of another kind: {kind}")
    return True


def _too_large(group: Mapping[str, Any], request: Request) -> bool:
    if group["name"] != "AWSManagedRulesCommonRuleSet" or request.body <= INSPECTED:
        return False
    request.labels.add("awswaf:managed:aws:core-rule-set:SizeRestrictions_Body")
    counts = {
        one["name"] for one in group.get("ruleActionOverrides", ()) if "count" in one["actionToUse"]
    }
    if "SizeRestrictions_BODY" not in counts:
        return True
    request.counted.append("SizeRestrictions_BODY")
    return False
