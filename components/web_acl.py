"""AWS WAF in front of the load balancer: WebAcl, WebAclAssociation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

MANAGED = (
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
)
"""https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html"""
RATE_LIMIT = "RateLimit"
FEWEST_REQUESTS = 10
"""The lowest limit that WAF takes."""


@dataclass(frozen=True, kw_only=True)
class WebAclArgs:
    """What is protected, and how many requests one address may make in five minutes."""

    load_balancer_arn: pulumi.Input[str]
    requests_per_five_minutes: int
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.requests_per_five_minutes < FEWEST_REQUESTS:
            raise ValueError(
                f"web ACL: requests_per_five_minutes must be {FEWEST_REQUESTS} or more, "
                f"got {self.requests_per_five_minutes}"
            )


class WebAcl(pulumi.ComponentResource):
    """Lets through what no rule blocks; the rate limit is asked first."""

    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: WebAclArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:edge:WebAcl", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        acl = aws.wafv2.WebAcl(
            f"{name}-acl",
            scope="REGIONAL",
            default_action={"allow": {}},
            rules=[
                _rate_limit(args.requests_per_five_minutes),
                *(_managed(group, priority) for priority, group in enumerate(MANAGED, start=1)),
            ],
            visibility_config=_visible(name),
            tags=args.tags,
            opts=child,
        )
        aws.wafv2.WebAclAssociation(
            f"{name}-association",
            resource_arn=args.load_balancer_arn,
            web_acl_arn=acl.arn,
            opts=child,
        )

        self.arn = acl.arn
        self.register_outputs({"arn": self.arn})


def _rate_limit(requests: int) -> Any:  # noqa: ANN401 - the SDK's own typed dictionaries
    return {
        "name": RATE_LIMIT,
        "priority": 0,
        "action": {"block": {}},
        "statement": {"rate_based_statement": {"limit": requests, "aggregate_key_type": "IP"}},
        "visibility_config": _visible(RATE_LIMIT),
    }


def _managed(group: str, priority: int) -> Any:  # noqa: ANN401 - pulumi-aws's Args or dict
    return {
        "name": group,
        "priority": priority,
        # The group's own actions count; an override is for trying a group without blocking.
        "override_action": {"none": {}},
        "statement": {"managed_rule_group_statement": {"name": group, "vendor_name": "AWS"}},
        "visibility_config": _visible(group),
    }


def _visible(metric: str) -> Any:  # noqa: ANN401 - pulumi-aws's Args or dict
    return {
        "cloudwatch_metrics_enabled": True,
        "sampled_requests_enabled": True,
        "metric_name": metric,
    }
