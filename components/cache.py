"""Redis on ElastiCache: SecurityGroup, SubnetGroup, ParameterGroup, ReplicationGroup."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.final_snapshot import final_snapshot

PORT = 6379
FAMILY = "redis7"
ENGINE_VERSION = "7.1"
LONGEST_RETENTION = 35


@dataclass(frozen=True, kw_only=True)
class CacheArgs:
    """Two or more nodes fail over to another zone automatically."""

    replication_group_id: str
    node_type: str
    nodes: int
    """The primary and its replicas, 1 to 6."""
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    auth_token: pulumi.Input[str] = field(repr=False)
    """The first token; rotations replace it, and Pulumi ignores later values."""
    snapshot_days: int = 7
    snapshot_window: str
    """UTC."""
    maintenance_window: str
    """UTC, outside the snapshot window."""
    kms_key_arn: pulumi.Input[str]
    slow_log_group: pulumi.Input[str]
    """Name of the log group."""
    protect: bool
    """Refuse to delete it with Pulumi."""
    final_backup: bool
    """Take a final snapshot at deletion."""
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 1 <= self.nodes <= 6:  # noqa: PLR2004 - ElastiCache's own limits
            raise ValueError(f"{self.replication_group_id}: nodes must be 1-6, got {self.nodes}")
        if not 0 <= self.snapshot_days <= LONGEST_RETENTION:
            raise ValueError(
                f"{self.replication_group_id}: snapshot_days must be 0-{LONGEST_RETENTION}, "
                f"got {self.snapshot_days}"
            )


class Cache(pulumi.ComponentResource):
    """A replication group with TLS and AUTH, reachable through rules of its security group."""

    endpoint: pulumi.Output[str]
    """Host of the primary."""
    port: int
    arn: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    """A client adds its rule to this group."""

    def __init__(
        self, name: str, args: CacheArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:data:Cache", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        replicated = args.nodes > 1

        group = aws.ec2.SecurityGroup(
            f"{name}-group",
            description="Cache",  # never changed: a change replaces the group
            vpc_id=args.vpc_id,
            tags=args.tags,
            opts=child,
        )
        subnets = aws.elasticache.SubnetGroup(
            f"{name}-subnets", subnet_ids=args.subnet_ids, tags=args.tags, opts=child
        )
        parameters = aws.elasticache.ParameterGroup(
            f"{name}-parameters",
            family=FAMILY,
            description=f"Parameters of {args.replication_group_id}",
            # A full cache evicts the least recently used keys; all of them can be rebuilt.
            parameters=[{"name": "maxmemory-policy", "value": "allkeys-lru"}],
            tags=args.tags,
            opts=child,
        )
        replication_group = aws.elasticache.ReplicationGroup(
            f"{name}-redis",
            replication_group_id=args.replication_group_id,
            description=f"Cache {args.replication_group_id}",
            engine="redis",
            engine_version=ENGINE_VERSION,
            node_type=args.node_type,
            num_cache_clusters=args.nodes,
            automatic_failover_enabled=replicated,
            multi_az_enabled=replicated,
            port=PORT,
            parameter_group_name=parameters.name,
            subnet_group_name=subnets.name,
            security_group_ids=[group.id],
            at_rest_encryption_enabled=True,
            kms_key_id=args.kms_key_arn,
            transit_encryption_enabled=True,
            auth_token=args.auth_token,
            snapshot_retention_limit=args.snapshot_days,
            snapshot_window=args.snapshot_window,
            maintenance_window=args.maintenance_window,
            final_snapshot_identifier=final_snapshot(
                name,
                args.replication_group_id,
                keepers={
                    "group": args.replication_group_id,
                    "key": args.kms_key_arn,
                    "subnets": subnets.name,
                },
                opts=child,
            )
            if args.final_backup
            else None,
            auto_minor_version_upgrade=True,
            apply_immediately=True,
            log_delivery_configurations=[
                {
                    "destination": args.slow_log_group,
                    "destination_type": "cloudwatch-logs",
                    "log_format": "json",
                    "log_type": "slow-log",
                }
            ],
            tags=args.tags,
            opts=pulumi.ResourceOptions(
                parent=self, ignore_changes=["authToken"], protect=args.protect
            ),
        )

        self.endpoint = replication_group.primary_endpoint_address
        self.port = PORT
        self.arn = replication_group.arn
        self.security_group_id = group.id
        self.register_outputs({"endpoint": self.endpoint, "arn": self.arn})
