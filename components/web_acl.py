"""AWS WAF in front of the load balancer: IpSet, WebAcl, WebAclAssociation, its log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

COMMON = "AWSManagedRulesCommonRuleSet"
MANAGED = (
    "AWSManagedRulesAmazonIpReputationList",
    COMMON,
    "AWSManagedRulesKnownBadInputsRuleSet",
)
"""https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html"""
BODY_RULE = "SizeRestrictions_BODY"
"""Of the common group: blocks a body of more than 8 KB, all that a load balancer gives to WAF.
https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html"""
BODY_LABEL = "awswaf:managed:aws:core-rule-set:SizeRestrictions_Body"
"""What that rule puts on a request, also when it only counts."""
RATE_LIMIT, OFFICE_RATE_LIMIT, BODY_LIMIT = "RateLimit", "OfficeRateLimit", "BodyLimit"
FEWEST_REQUESTS, MOST_REQUESTS = 10, 2_000_000_000
"""The limits that WAF takes."""
PEOPLE_IN_AN_OFFICE = 10
"""One address stands for many people, and may make as many times the requests."""
REDACTED = ("authorization", "cookie")
"""Headers with what opens a session; WAF's log must not."""
LOG_PREFIX = "aws-waf-logs-"
"""https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html"""


@dataclass(frozen=True, kw_only=True)
class WebAclArgs:
    """What is protected, how many requests one address may make, and which bodies may be large."""

    load_balancer_arn: pulumi.Input[str]
    requests_per_five_minutes: int
    large_body_paths: Sequence[str] = ()
    """Beginnings of paths whose bodies may have more than 8 KB. None: no path's; `/`: every
    path's, and the rule only counts."""
    office_cidrs: Sequence[str] = ()
    """IPv4 blocks of offices, each address with ten times the requests of another."""
    log_group_arn: pulumi.Input[str]
    """Of a group whose name begins with `aws-waf-logs-`."""
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not FEWEST_REQUESTS <= self.requests_per_five_minutes <= MOST_REQUESTS:
            raise ValueError(
                f"web ACL: requests_per_five_minutes must be {FEWEST_REQUESTS} or more, "
                f"got {self.requests_per_five_minutes}"
            )
        for path in self.large_body_paths:
            if not path.startswith("/"):
                raise ValueError(f"web ACL: large_body_paths must begin with /, got {path}")


class WebAcl(pulumi.ComponentResource):
    """Lets through what no rule blocks; the rate limit is asked first.

    Its log has the requests that a rule blocked or counted, without the headers that open a
    session. WAF writes it by a resource policy that it adds to the log group itself
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-wafv2-loggingconfiguration.html).
    """

    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: WebAclArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:edge:WebAcl", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # A load balancer has one web ACL, and that one log: deleted after its successor is there,
        # the old association or log would take it along.
        only = pulumi.ResourceOptions(parent=self, delete_before_replace=True)

        offices = (
            aws.wafv2.IpSet(
                f"{name}-offices",
                scope="REGIONAL",
                ip_address_version="IPV4",
                addresses=sorted(args.office_cidrs),
                tags=args.tags,
                opts=child,
            )
            if args.office_cidrs
            else None
        )
        acl = aws.wafv2.WebAcl(
            f"{name}-acl",
            scope="REGIONAL",
            default_action={"allow": {}},
            rules=_rules(args, offices.arn if offices else None),
            visibility_config=_visible(name),
            tags=args.tags,
            opts=child,
        )
        aws.wafv2.WebAclAssociation(
            f"{name}-association",
            resource_arn=args.load_balancer_arn,
            web_acl_arn=acl.arn,
            opts=only,
        )
        aws.wafv2.WebAclLoggingConfiguration(
            f"{name}-log",
            resource_arn=acl.arn,
            log_destination_configs=[args.log_group_arn],
            redacted_fields=[{"single_header": {"name": header}} for header in REDACTED],
            # The load balancer's access log has the rest, and every request would cost twice.
            logging_filter={
                "default_behavior": "DROP",
                "filters": [
                    {
                        "behavior": "KEEP",
                        "requirement": "MEETS_ANY",
                        "conditions": [
                            {"action_condition": {"action": action}}
                            for action in ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")
                        ],
                    }
                ],
            },
            opts=only,
        )

        self.arn = acl.arn
        self.register_outputs({"arn": self.arn})


def _rules(args: WebAclArgs, offices: pulumi.Input[str] | None) -> list[Any]:
    """In the order in which WAF asks them; a rule that no config asks for is left out."""
    limit = args.requests_per_five_minutes
    rules = [_rate_limit(RATE_LIMIT, 0, limit, None if offices is None else _outside(offices))]
    rules += [
        _managed(group, priority, count=(BODY_RULE,) if args.large_body_paths else ())
        if group == COMMON
        else _managed(group, priority)
        for priority, group in enumerate(MANAGED, start=1)
    ]
    if args.large_body_paths and "/" not in args.large_body_paths:
        rules.append(_body_limit(args.large_body_paths, len(MANAGED) + 1))
    if offices is not None:
        more = min(limit * PEOPLE_IN_AN_OFFICE, MOST_REQUESTS)
        rules.append(_rate_limit(OFFICE_RATE_LIMIT, len(MANAGED) + 2, more, _inside(offices)))
    return rules


def _inside(addresses: pulumi.Input[str]) -> dict[str, Any]:
    return {"ip_set_reference_statement": {"arn": addresses}}


def _outside(addresses: pulumi.Input[str]) -> dict[str, Any]:
    return {"not_statement": {"statement": _inside(addresses)}}


def _rate_limit(name: str, priority: int, requests: int, scope: dict[str, Any] | None) -> Any:  # noqa: ANN401 - pulumi-aws's Args or dict
    """Counts addresses of `scope` alone, or all."""
    only = {} if scope is None else {"scope_down_statement": scope}
    counted = {"limit": requests, "aggregate_key_type": "IP", **only}
    return {
        "name": name,
        "priority": priority,
        "action": {"block": {}},
        "statement": {"rate_based_statement": counted},
        "visibility_config": _visible(name),
    }


def _managed(group: str, priority: int, count: tuple[str, ...] = ()) -> Any:  # noqa: ANN401 - as above
    """A group of AWS's; of its rules those in `count` only count."""
    overrides = [{"name": rule, "action_to_use": {"count": {}}} for rule in count]
    override = {"rule_action_overrides": overrides} if overrides else {}
    return {
        "name": group,
        "priority": priority,
        # The group's own actions count; an override is for trying a group without blocking.
        "override_action": {"none": {}},
        "statement": {
            "managed_rule_group_statement": {"name": group, "vendor_name": "AWS", **override}
        },
        "visibility_config": _visible(group),
    }


def _body_limit(paths: Sequence[str], priority: int) -> Any:  # noqa: ANN401 - as above
    """Blocks what the counting rule has labelled, except below these paths.

    The path is normalized first: `/api/v1/ingest/../plans` is no upload.
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
        "visibility_config": _visible(BODY_LIMIT),
    }


def _visible(metric: str) -> Any:  # noqa: ANN401 - pulumi-aws's Args or dict
    return {
        "cloudwatch_metrics_enabled": True,
        "sampled_requests_enabled": True,
        "metric_name": metric,
    }
