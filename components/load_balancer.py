"""The load balancer: LoadBalancer, its listeners, security group and access logs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from arbor_names.waits import IDLE_SECONDS
from components.private_bucket import private_bucket

HTTP, HTTPS = 80, 443
WORLD = "0.0.0.0/0"
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""TLS 1.3 and 1.2 only.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html"""
LONGEST_NAME = 24
"""AWS allows 32 characters in a load balancer's name; Pulumi's suffix takes eight."""


@dataclass(frozen=True, kw_only=True)
class LoadBalancerArgs:
    """Network, certificate and log settings."""

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    """Public subnets in two zones or more."""
    certificate_arn: pulumi.Input[str]
    account_id: str
    region: str
    idle_timeout: int = IDLE_SECONDS
    """Seconds; shorter than the application's keep-alive timeout."""
    deletion_protection: bool
    access_log_days: int
    tags: Mapping[str, str] = field(default_factory=dict)


class LoadBalancer(pulumi.ComponentResource):
    """HTTPS with a listener rule for each service; other hosts and paths get 404."""

    arn: pulumi.Output[str]
    arn_suffix: pulumi.Output[str]
    """`app/NAME/ID`: the LoadBalancer dimension of CloudWatch's metrics."""
    dns_name: pulumi.Output[str]
    zone_id: pulumi.Output[str]
    """Hosted zone of the load balancer itself, for alias records."""
    https_listener_arn: pulumi.Output[str]
    security_group_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        if len(name) > LONGEST_NAME:
            raise ValueError(f"{name}: the name must have at most {LONGEST_NAME} characters")
        super().__init__("arbor:edge:LoadBalancer", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)

        group = self._security_group()
        logs, logs_policy = self._access_logs()
        balancer = aws.lb.LoadBalancer(
            name,
            load_balancer_type="application",
            internal=False,
            subnets=args.subnet_ids,
            security_groups=[group.id],
            idle_timeout=args.idle_timeout,
            drop_invalid_header_fields=True,
            enable_deletion_protection=args.deletion_protection,
            # Off by default; required to shift traffic away from an impaired zone.
            # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/zonal-shift.html
            enable_zonal_shift=True,
            access_logs={"bucket": logs.bucket, "enabled": True},
            tags=args.tags,
            # ELB writes a test object when logging is enabled, and fails without permission.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[logs_policy]),
        )
        https = self._listeners(balancer)

        self.arn = balancer.arn
        self.arn_suffix = balancer.arn_suffix
        self.dns_name = balancer.dns_name
        self.zone_id = balancer.zone_id
        self.https_listener_arn = https.arn
        self.security_group_id = group.id
        self.register_outputs({"arn": self.arn, "dns_name": self.dns_name})

    def _security_group(self) -> aws.ec2.SecurityGroup:
        name, args = self._name, self._args
        group = aws.ec2.SecurityGroup(
            f"{name}-group",
            description="Load balancer",  # never changed: a change replaces the group
            vpc_id=args.vpc_id,
            tags=args.tags,
            opts=self._child,
        )
        for port in (HTTP, HTTPS):
            aws.vpc.SecurityGroupIngressRule(
                f"{name}-world-{port}",
                security_group_id=group.id,
                cidr_ipv4=WORLD,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                tags=args.tags,
                opts=self._child,
            )
        return group

    def _listeners(self, balancer: aws.lb.LoadBalancer) -> aws.lb.Listener:
        name, args = self._name, self._args
        aws.lb.Listener(
            f"{name}-http",
            load_balancer_arn=balancer.arn,
            port=HTTP,
            protocol="HTTP",
            default_actions=[
                {
                    "type": "redirect",
                    "redirect": {
                        "port": str(HTTPS),
                        "protocol": "HTTPS",
                        "status_code": "HTTP_301",
                    },
                }
            ],
            tags=args.tags,
            opts=self._child,
        )
        return aws.lb.Listener(
            f"{name}-https",
            load_balancer_arn=balancer.arn,
            port=HTTPS,
            protocol="HTTPS",
            ssl_policy=TLS_POLICY,
            certificate_arn=args.certificate_arn,
            default_actions=[
                {
                    "type": "fixed-response",
                    "fixed_response": {
                        "content_type": "text/plain",
                        "message_body": "Not found",
                        "status_code": "404",
                    },
                }
            ],
            tags=args.tags,
            opts=self._child,
        )

    def _access_logs(self) -> tuple[aws.s3.Bucket, aws.s3.BucketPolicy]:
        """The bucket for access logs.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
        """
        name, args = f"{self._name}-logs", self._args
        return private_bucket(
            name,
            logical_name=name,
            parent=self,
            protect=args.deletion_protection,
            lifecycle={
                "id": "expire",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "expiration": {"days": args.access_log_days},
            },
            statements=lambda bucket_arn: [_delivery(bucket_arn, args)],
            tls_sid="OnlyTls",
            tags=args.tags,
        )


def _delivery(bucket_arn: pulumi.Output[str], args: LoadBalancerArgs) -> dict[str, Any]:
    """Allow load balancers of this account and region to write."""
    balancers = f"arn:aws:elasticloadbalancing:{args.region}:{args.account_id}:loadbalancer/*"
    return {
        "Sid": "LoadBalancerWrites",
        "Effect": "Allow",
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": pulumi.Output.concat(bucket_arn, f"/AWSLogs/{args.account_id}/*"),
        "Condition": {
            "StringEquals": {"aws:SourceAccount": args.account_id},
            "ArnLike": {"aws:SourceArn": balancers},
        },
    }
