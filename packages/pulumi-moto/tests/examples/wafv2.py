from typing import Any

import boto3

from emulated_account import create_network
from row_example import Example


def _visible(metric: str) -> dict[str, Any]:
    return {"cloudwatchMetricsEnabled": True, "sampledRequestsEnabled": True, "metricName": metric}


def _rate_limit(requests: int) -> dict[str, Any]:
    return {
        "name": "RateLimit",
        "priority": 0,
        "action": {"block": {}},
        "statement": {"rateBasedStatement": {"limit": requests, "aggregateKeyType": "IP"}},
        "visibilityConfig": _visible("RateLimit"),
    }


def _api_limit(*, seconds: int) -> dict[str, Any]:
    """In so many seconds, below one path without another, with an answer of its own."""

    def begins(path: str) -> dict[str, Any]:
        return {
            "byteMatchStatement": {
                "searchString": path,
                "positionalConstraint": "STARTS_WITH",
                "fieldToMatch": {"uriPath": {}},
                "textTransformations": [{"priority": 0, "type": "URL_DECODE"}],
            }
        }

    answer = {
        "responseCode": 429,
        "customResponseBodyKey": "wait",
        "responseHeaders": [{"name": "Retry-After", "value": "120"}],
    }
    return {
        "name": "ApiMinuteLimit",
        "priority": 7,
        "action": {"block": {"customResponse": answer}},
        "statement": {
            "rateBasedStatement": {
                "limit": 50,
                "evaluationWindowSec": seconds,
                "aggregateKeyType": "IP",
                "scopeDownStatement": {
                    "andStatement": {
                        "statements": [
                            begins("/api/"),
                            {"notStatement": {"statement": begins("/api/health")}},
                        ]
                    }
                },
            }
        },
        "visibilityConfig": _visible("ApiMinuteLimit"),
    }


def _body(content: str) -> dict[str, str]:
    return {"key": "wait", "contentType": "APPLICATION_JSON", "content": content}


def _uploads() -> list[dict[str, Any]]:
    """The common group, of which one rule counts, and a rule that blocks in its place."""
    label = "awswaf:managed:aws:core-rule-set:SizeRestrictions_Body"
    offices = "arn:aws:wafv2:us-east-1:123456789012:regional/ipset/offices/1"
    uploads = {
        "searchString": "/ingest/",
        "positionalConstraint": "STARTS_WITH",
        "fieldToMatch": {"uriPath": {}},
        "textTransformations": [{"priority": 0, "type": "NORMALIZE_PATH"}],
    }
    return [
        {
            **_rate_limit(2000),
            "statement": {
                "rateBasedStatement": {
                    "limit": 2000,
                    "aggregateKeyType": "IP",
                    "scopeDownStatement": {
                        "notStatement": {"statement": {"ipSetReferenceStatement": {"arn": offices}}}
                    },
                }
            },
        },
        {
            "name": "AWSManagedRulesCommonRuleSet",
            "priority": 1,
            "overrideAction": {"none": {}},
            "statement": {
                "managedRuleGroupStatement": {
                    "name": "AWSManagedRulesCommonRuleSet",
                    "vendorName": "AWS",
                    "ruleActionOverrides": [
                        {"name": "SizeRestrictions_BODY", "actionToUse": {"count": {}}}
                    ],
                }
            },
            "visibilityConfig": _visible("AWSManagedRulesCommonRuleSet"),
        },
        {
            "name": "BodyLimit",
            "priority": 2,
            "action": {"block": {}},
            "statement": {
                "andStatement": {
                    "statements": [
                        {"labelMatchStatement": {"scope": "LABEL", "key": label}},
                        {"notStatement": {"statement": {"byteMatchStatement": uploads}}},
                    ]
                }
            },
            "visibilityConfig": _visible("BodyLimit"),
        },
    ]


def _acl() -> dict[str, Any]:
    return {
        "name": "edge-acl",
        "scope": "REGIONAL",
        "description": "In front of the load balancer",
        "defaultAction": {"allow": {}},
        "rules": [
            _rate_limit(2000),
            _api_limit(seconds=60),
            {
                "name": "AWSManagedRulesCommonRuleSet",
                "priority": 1,
                "overrideAction": {"none": {}},
                "statement": {
                    "managedRuleGroupStatement": {
                        "name": "AWSManagedRulesCommonRuleSet",
                        "vendorName": "AWS",
                    }
                },
                "visibilityConfig": _visible("AWSManagedRulesCommonRuleSet"),
            },
        ],
        "customResponseBodies": [_body('{"detail": "wait"}')],
        "visibilityConfig": _visible("edge"),
        "tags": {"Stack": "test", "Component": "edge"},
    }


def _association() -> dict[str, Any]:
    _, subnets = create_network()
    balancer = boto3.client("elbv2").create_load_balancer(Name="shop", Subnets=subnets)
    acl = boto3.client("wafv2").create_web_acl(
        Name="edge-acl",
        Scope="REGIONAL",
        DefaultAction={"Allow": {}},
        VisibilityConfig={
            "CloudWatchMetricsEnabled": True,
            "SampledRequestsEnabled": True,
            "MetricName": "edge",
        },
    )
    return {
        "webAclArn": acl["Summary"]["ARN"],
        "resourceArn": balancer["LoadBalancers"][0]["LoadBalancerArn"],
    }


def _offices() -> dict[str, Any]:
    return {
        "name": "offices",
        "scope": "REGIONAL",
        "description": "Where we work",
        "ipAddressVersion": "IPV4",
        "addresses": ["203.0.113.9/32", "198.51.100.0/24"],
        "tags": {"Stack": "test", "Component": "edge"},
    }


def _log() -> dict[str, Any]:
    groups = []
    for name in ("aws-waf-logs-shop", "aws-waf-logs-other"):
        boto3.client("logs").create_log_group(logGroupName=name)
        groups.append(f"arn:aws:logs:us-east-1:123456789012:log-group:{name}")
    blocked = [{"actionCondition": {"action": "BLOCK"}}]
    return {
        "resourceArn": _association()["webAclArn"],
        "logDestinationConfigs": groups[:1],
        "redactedFields": [
            {"singleHeader": {"name": "authorization"}},
            {"singleHeader": {"name": "cookie"}},
        ],
        "loggingFilter": {
            "defaultBehavior": "DROP",
            "filters": [{"behavior": "KEEP", "requirement": "MEETS_ANY", "conditions": blocked}],
        },
    }


EXAMPLES = {
    "aws:wafv2/webAcl:WebAcl": Example(
        inputs=_acl,
        change={
            "description": "The edge",
            "defaultAction": {"block": {}},
            "rules": [*_uploads(), _api_limit(seconds=600)],
            "customResponseBodies": [_body('{"detail": "later"}')],
            "visibilityConfig": _visible("border"),
            "tags": {"Stack": "other"},
        },
    ),
    "aws:wafv2/webAclAssociation:WebAclAssociation": Example(inputs=_association),
    "aws:wafv2/ipSet:IpSet": Example(
        inputs=_offices,
        change={
            "description": "Where we worked",
            "addresses": ["203.0.113.10/32"],
            "tags": {"Stack": "other"},
        },
    ),
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": Example(
        inputs=_log,
        change={
            "redactedFields": [{"singleHeader": {"name": "cookie"}}],
            "loggingFilter": {
                "defaultBehavior": "KEEP",
                "filters": [
                    {
                        "behavior": "DROP",
                        "requirement": "MEETS_ALL",
                        "conditions": [{"actionCondition": {"action": "ALLOW"}}],
                    }
                ],
            },
        },
    ),
}
