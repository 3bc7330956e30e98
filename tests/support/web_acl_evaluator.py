"""The effect of a web ACL's rules on one request, by path and body size only."""

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

INSPECTED = 8192
"""The bytes of a body that a load balancer passes to WAF. Managed rules inspect only these, except
the one that blocks larger bodies.
https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-setting-body-inspection-limit.html"""
TRANSFORMED: Mapping[str, Callable[[str], str]] = {
    "URL_DECODE": unquote,
    "NORMALIZE_PATH": posixpath.normpath,
}


@dataclass
class Request:
    """One request, and the labels that rules set."""

    path: str
    body: int = 0
    """Bytes."""
    labels: set[str] = field(default_factory=set)
    counted: list[str] = field(default_factory=list)
    """Rules that matched without blocking: WAF's log contains the request because of them."""


def blocked_by(rules: Sequence[Mapping[str, Any]], request: Request) -> str | None:
    """The rule that blocks a request below every rate limit; None if it passes."""
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
    """Whether a statement, or none, matches; no address is an office's."""
    for kind, settings in statement.items():
        match kind:
            case "andStatement":
                return all(matches(one, request) for one in settings["statements"])
            case "notStatement":
                return not matches(settings["statement"], request)
            case "labelMatchStatement":
                return settings["key"] in request.labels
            case "ipSetReferenceStatement":
                return False
            case "byteMatchStatement":
                path = request.path
                for step in sorted(
                    settings["textTransformations"], key=lambda one: one["priority"]
                ):
                    path = TRANSFORMED[step["type"]](path)
                return path.startswith(settings["searchString"])
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
