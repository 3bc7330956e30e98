"""Rules of the web ACL.

https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

COMMON = "AWSManagedRulesCommonRuleSet"
MANAGED = (
    "AWSManagedRulesAmazonIpReputationList",
    COMMON,
    "AWSManagedRulesKnownBadInputsRuleSet",
)
"""https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html"""
BODY_RULE = "SizeRestrictions_BODY"
"""A rule of the common group that blocks bodies over 8 KB, the part that WAF inspects.
https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html"""
BODY_LABEL = "awswaf:managed:aws:core-rule-set:SizeRestrictions_Body"
"""The label of a request that matches that rule, even if it only counts."""
RATE_LIMIT, OFFICE_RATE_LIMIT, BODY_LIMIT = "RateLimit", "OfficeRateLimit", "BodyLimit"
API_MINUTE_LIMIT, API_TEN_MINUTE_LIMIT = "ApiMinuteLimit", "ApiTenMinuteLimit"
FEWEST_REQUESTS, MOST_REQUESTS = 10, 2_000_000_000
"""WAF's limits."""
PEOPLE_IN_AN_OFFICE = 10
"""Multiplier of the rate limit for an office's address, which many people share."""
TOO_MANY_REQUESTS = 429
RETRY_SECONDS = 120
"""Retry-After of a blocked client. Two minutes leave a whole minute without failed requests
(docs/decisions/requests.md)."""
RESPONSES: tuple[Any, ...] = (
    {
        "key": "too-many-requests",
        "content_type": "APPLICATION_JSON",
        # In the format of the application's errors.
        "content": json.dumps({"detail": f"Too many requests: wait {RETRY_SECONDS} seconds."}),
    },
)


@dataclass(frozen=True, kw_only=True)
class ApiLimit:
    """Rate limits of the API for one address, above which it gets 429."""

    path: str
    """Prefix of the API's paths."""
    uncounted: Sequence[str] = ()
    """Path prefixes that the application's own limit exempts too."""
    per_minute: int
    per_ten_minutes: int

    def __post_init__(self) -> None:
        for field, requests in (
            ("per_minute", self.per_minute),
            ("per_ten_minutes", self.per_ten_minutes),
        ):
            if not FEWEST_REQUESTS <= requests <= MOST_REQUESTS:
                raise ValueError(
                    f"web ACL: {field} must be {FEWEST_REQUESTS} or more, got {requests}"
                )


def rules(
    requests: int,
    api: ApiLimit | None,
    large_body_paths: Sequence[str],
    offices: pulumi.Input[str] | None,
) -> list[Any]:
    """Rules in the order of evaluation, without those that config disables.

    `requests` in five minutes; `offices` is the ARN of a set of addresses.
    """
    outside = None if offices is None else _outside(offices)
    found = [_rate_limit(RATE_LIMIT, 0, requests, outside)]
    found += [
        _managed(group, priority, count=(BODY_RULE,) if large_body_paths else ())
        if group == COMMON
        else _managed(group, priority)
        for priority, group in enumerate(MANAGED, start=1)
    ]
    last = len(MANAGED)
    if large_body_paths and "/" not in large_body_paths:
        found.append(_body_limit(large_body_paths, last + 1))
    if offices is not None:
        more = min(requests * PEOPLE_IN_AN_OFFICE, MOST_REQUESTS)
        found.append(_rate_limit(OFFICE_RATE_LIMIT, last + 2, more, _inside(offices)))
    if api is not None:
        # Last, so that only requests that reach the application count.
        found.append(_api_limit(API_MINUTE_LIMIT, last + 3, 60, api.per_minute, api))
        found.append(_api_limit(API_TEN_MINUTE_LIMIT, last + 4, 600, api.per_ten_minutes, api))
    return found


def _inside(addresses: pulumi.Input[str]) -> dict[str, Any]:
    return {"ip_set_reference_statement": {"arn": addresses}}


def _outside(addresses: pulumi.Input[str]) -> dict[str, Any]:
    return {"not_statement": {"statement": _inside(addresses)}}


def _rate_limit(name: str, priority: int, requests: int, scope: dict[str, Any] | None) -> Any:  # noqa: ANN401 - pulumi-aws's Args or dict
    """A rate limit for the addresses of `scope`, or for all."""
    only = {} if scope is None else {"scope_down_statement": scope}
    counted = {"limit": requests, "aggregate_key_type": "IP", **only}
    return {
        "name": name,
        "priority": priority,
        "action": {"block": {}},
        "statement": {"rate_based_statement": counted},
        "visibility_config": visible(name),
    }


def _api_limit(name: str, priority: int, seconds: int, requests: int, api: ApiLimit) -> Any:  # noqa: ANN401 - as above
    """A limit for every address; the application also counts an office as one client."""
    counted = {
        "limit": requests,
        "evaluation_window_sec": seconds,
        "aggregate_key_type": "IP",
        "scope_down_statement": {
            "and_statement": {
                "statements": [
                    _begins(api.path),
                    *({"not_statement": {"statement": _begins(path)}} for path in api.uncounted),
                ]
            }
        }
        if api.uncounted
        else _begins(api.path),
    }
    return {
        "name": name,
        "priority": priority,
        "action": {
            "block": {
                "custom_response": {
                    "response_code": TOO_MANY_REQUESTS,
                    "custom_response_body_key": RESPONSES[0]["key"],
                    "response_headers": [{"name": "Retry-After", "value": str(RETRY_SECONDS)}],
                }
            }
        },
        "statement": {"rate_based_statement": counted},
        "visibility_config": visible(name),
    }


def _begins(path: str) -> dict[str, Any]:
    """Compares as the load balancer does: not normalized, so that /api/../x matches /api/."""
    return {
        "byte_match_statement": {
            "search_string": path,
            "positional_constraint": "STARTS_WITH",
            "field_to_match": {"uri_path": {}},
            "text_transformations": [{"priority": 0, "type": "URL_DECODE"}],
        }
    }


def _managed(group: str, priority: int, count: tuple[str, ...] = ()) -> Any:  # noqa: ANN401 - as above
    """An AWS managed rule group, in which the rules in `count` only count."""
    overrides = [{"name": rule, "action_to_use": {"count": {}}} for rule in count]
    override = {"rule_action_overrides": overrides} if overrides else {}
    return {
        "name": group,
        "priority": priority,
        # Keep the group's actions; an override would disable blocking.
        "override_action": {"none": {}},
        "statement": {
            "managed_rule_group_statement": {"name": group, "vendor_name": "AWS", **override}
        },
        "visibility_config": visible(group),
    }


def _body_limit(paths: Sequence[str], priority: int) -> Any:  # noqa: ANN401 - as above
    """Blocks requests with the label of the counting rule, except on these paths.

    The path is normalized, so that `/api/v1/ingest/../plans` does not match.
    """
    label = {"label_match_statement": {"scope": "LABEL", "key": BODY_LABEL}}
    elsewhere = [
        {
            "not_statement": {
                "statement": {
                    "byte_match_statement": {
                        "search_string": path,
                        "positional_constraint": "STARTS_WITH",
                        "field_to_match": {"uri_path": {}},
                        "text_transformations": [{"priority": 0, "type": "NORMALIZE_PATH"}],
                    }
                }
            }
        }
        for path in sorted(paths)
    ]
    return {
        "name": BODY_LIMIT,
        "priority": priority,
        "action": {"block": {}},
        "statement": {"and_statement": {"statements": [label, *elsewhere]}},
        "visibility_config": visible(BODY_LIMIT),
    }


def visible(metric: str) -> Any:  # noqa: ANN401 - pulumi-aws's Args or dict
    return {
        "cloudwatch_metrics_enabled": True,
        "sampled_requests_enabled": True,
        "metric_name": metric,
    }
