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
"""Headers with what opens a session; WAF's log must not."""
LOG_PREFIX = "aws-waf-logs-"
"""https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html"""


@dataclass(frozen=True, kw_only=True)
class WebAclArgs:
    """What is protected, how many requests one address may make, and which bodies may be large."""

    load_balancer_arn: pulumi.Input[str]
    requests_per_five_minutes: int
    api: ApiLimit | None = None
    """None: the API has no limit of its own."""
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
