"""AWS WAF in front of the load balancer: IpSet, WebAcl, WebAclAssociation, its log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.web_acl_rules import (
    FEWEST_REQUESTS,
    MOST_REQUESTS,
    RESPONSES,
    ApiLimit,
    rules,
    visible,
)

REDACTED = ("authorization", "cookie")
"""Headers with credentials, which WAF's log must not contain."""
LOG_PREFIX = "aws-waf-logs-"
"""https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html"""


@dataclass(frozen=True, kw_only=True)
class WebAclArgs:
    """The load balancer, the rate limits of an address, and the paths with large bodies."""

    load_balancer_arn: pulumi.Input[str]
    requests_per_five_minutes: int
    api: ApiLimit | None = None
    """None: no separate limit for the API."""
    large_body_paths: Sequence[str] = ()
    """Path prefixes that accept bodies over 8 KB. Empty blocks such bodies everywhere; `/` accepts
    them everywhere."""
    office_cidrs: Sequence[str] = ()
    """IPv4 blocks of offices, whose addresses have ten times the rate limit."""
    log_group_arn: pulumi.Input[str]
    """The log group's name must begin with `aws-waf-logs-`."""
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
    """Allows requests that no rule blocks; the rate limit is evaluated first.

    Its log contains requests that a rule blocked or counted, without credentials. WAF itself adds
    the resource policy for its log group
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-wafv2-loggingconfiguration.html).
    """

    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: WebAclArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:edge:WebAcl", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # A load balancer has one web ACL with one log: deleting the old association or log after
        # creating the new one would delete both.
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
            rules=rules(
                args.requests_per_five_minutes,
                args.api,
                args.large_body_paths,
                offices.arn if offices else None,
            ),
            custom_response_bodies=RESPONSES if args.api else None,
            visibility_config=visible(name),
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
            # The load balancer's access log contains all requests at lower cost.
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
