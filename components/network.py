"""The VPC: awsx Vpc, S3 gateway endpoint, interface endpoints, flow logs, emptied default group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx

from components.role import RoleScope, policy_document, program_role

HTTPS = 443
TIERS = ("public_cidrs", "private_cidrs", "isolated_cidrs")


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """Zones and their blocks are explicit, so that a preview reads none from AWS.

    A block belongs to the zone at the same position. Append new zones: awsx numbers subnets by
    position, so a zone inserted before another replaces every later subnet.
    """

    cidr_block: str
    zones: tuple[str, ...]
    public_cidrs: tuple[str, ...]
    private_cidrs: tuple[str, ...]
    isolated_cidrs: tuple[str, ...]
    nat_per_zone: bool
    """One NAT gateway per zone; otherwise one for all zones, which fails with its zone."""
    account_id: str
    region: str
    interface_endpoints: tuple[str, ...] = ()
    """AWS services that bypass the NAT gateway, such as `ecr.api`."""
    flow_log_retention_days: int
    kms_key_arn: pulumi.Input[str]
    """Encrypts the flow logs; its policy must let CloudWatch Logs use it."""
    roles: RoleScope
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for tier in TIERS:
            blocks = getattr(self, tier)
            if len(blocks) != len(self.zones):
                raise ValueError(
                    f"network {self.cidr_block}: {tier} must have one block for each of "
                    f"{len(self.zones)} zones, got {len(blocks)}"
                )


class Network(pulumi.ComponentResource):
    """Public subnets for the load balancer, private ones for tasks, isolated ones for data."""

    vpc_id: pulumi.Output[str]
    public_subnet_ids: pulumi.Output[Sequence[str]]
    private_subnet_ids: pulumi.Output[Sequence[str]]
    isolated_subnet_ids: pulumi.Output[Sequence[str]]

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:network:Network", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)

        vpc = self._vpc()
        self.vpc_id = vpc.vpc_id
        self.public_subnet_ids = vpc.public_subnet_ids
        self.private_subnet_ids = vpc.private_subnet_ids
        self.isolated_subnet_ids = vpc.isolated_subnet_ids

        # Without rules, resources left in the default security group get no access.
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default",
            vpc_id=self.vpc_id,
            ingress=[],
            egress=[],
            tags={**args.tags, "Name": f"{name}-default-unused"},
            opts=self._child,
        )
        self._flow_log()
        if args.interface_endpoints:
            self._interface_endpoints()

        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "public_subnet_ids": self.public_subnet_ids,
                "private_subnet_ids": self.private_subnet_ids,
                "isolated_subnet_ids": self.isolated_subnet_ids,
            }
        )

    def _vpc(self) -> awsx.ec2.Vpc:
        args = self._args
        tiers = (
            (awsx.ec2.SubnetType.PUBLIC, "public", args.public_cidrs),
            (awsx.ec2.SubnetType.PRIVATE, "private", args.private_cidrs),
            (awsx.ec2.SubnetType.ISOLATED, "isolated", args.isolated_cidrs),
        )
        nat = awsx.ec2.NatGatewayStrategy
        return awsx.ec2.Vpc(
            f"{self._name}-vpc",
            cidr_block=args.cidr_block,
            availability_zone_names=list(args.zones),
            enable_dns_hostnames=True,  # interface endpoints use AWS's host names
            enable_dns_support=True,
            # With a block for every subnet this strategy allocates none itself, and unlike EXACT it
            # leaves space for another zone (docs/decisions/subnet-blocks.md).
            subnet_strategy=awsx.ec2.SubnetAllocationStrategy.AUTO,
            subnet_specs=[
                awsx.ec2.SubnetSpecArgs(type=kind, name=label, cidr_blocks=list(blocks))
                for kind, label, blocks in tiers
            ],
            nat_gateways=awsx.ec2.NatGatewayConfigurationArgs(
                strategy=nat.ONE_PER_AZ if args.nat_per_zone else nat.SINGLE
            ),
            # AUTO adds the endpoint to the route tables of the subnets above, so that image layers
            # and log exports bypass the NAT gateway.
            vpc_endpoint_strategy=awsx.ec2.VpcEndpointStrategy.AUTO,
            vpc_endpoint_specs=[
                awsx.ec2.VpcEndpointSpecArgs(
                    service_name=f"com.amazonaws.{args.region}.s3",
                    vpc_endpoint_type="Gateway",
                    tags=dict(args.tags),
                )
            ],
            tags=dict(args.tags),
            opts=self._child,
        )

    def _flow_log(self) -> None:
        name, args = self._name, self._args
        group = aws.cloudwatch.LogGroup(
            f"{name}-flow",
            retention_in_days=args.flow_log_retention_days,
            kms_key_id=args.kms_key_arn,
            tags=args.tags,
            opts=self._child,
        )
        role = program_role(
            f"{name}-flow-role",
            service="vpc-flow-logs.amazonaws.com",
            source_arn=f"arn:aws:ec2:{args.region}:{args.account_id}:vpc-flow-log/*",
            scope=args.roles,
            tags=args.tags,
            opts=self._child,
        )
        policy = aws.iam.RolePolicy(
            f"{name}-flow-policy",
            role=role.name,
            policy=policy_document(
                [
                    {
                        "Effect": "Allow",
                        "Action": [
                            "logs:CreateLogStream",
                            "logs:PutLogEvents",
                            "logs:DescribeLogStreams",
                        ],
                        "Resource": [group.arn, pulumi.Output.concat(group.arn, ":*")],
                    },
                    {
                        "Effect": "Allow",
                        "Action": "logs:DescribeLogGroups",
                        "Resource": f"arn:aws:logs:{args.region}:{args.account_id}:log-group:*",
                    },
                ]
            ),
            opts=self._child,
        )
        aws.ec2.FlowLog(
            f"{name}-flow-log",
            vpc_id=self.vpc_id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )

    def _interface_endpoints(self) -> None:
        name, args = self._name, self._args
        group = aws.ec2.SecurityGroup(
            f"{name}-endpoints",
            description="Interface endpoints",
            vpc_id=self.vpc_id,
            tags=args.tags,
            opts=self._child,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-endpoints-in",
            security_group_id=group.id,
            cidr_ipv4=args.cidr_block,
            ip_protocol="tcp",
            from_port=HTTPS,
            to_port=HTTPS,
            tags=args.tags,
            opts=self._child,
        )
        for service in args.interface_endpoints:
            aws.ec2.VpcEndpoint(
                f"{name}-{service.replace('.', '-')}",
                vpc_id=self.vpc_id,
                service_name=f"com.amazonaws.{args.region}.{service}",
                vpc_endpoint_type="Interface",
                subnet_ids=self.private_subnet_ids,
                security_group_ids=[group.id],
                private_dns_enabled=True,
                tags={**args.tags, "Name": f"{name}-{service}"},
                opts=self._child,
            )
