"""PostgreSQL on RDS: SecurityGroup, SubnetGroup, ParameterGroup, monitoring Role, Instance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.final_snapshot import final_snapshot
from components.role import RoleScope, program_role

PORT = 5432
LONGEST_RETENTION = 35
MONITORING_SECONDS = 60
PARAMETERS = (
    # Static: takes effect at a restart. The rest is dynamic.
    ("shared_preload_libraries", "pg_stat_statements", "pending-reboot"),
    ("rds.force_ssl", "1", "immediate"),
    ("log_min_duration_statement", "1000", "immediate"),
)
LOG_EXPORTS = ("postgresql", "upgrade")
"""RDS names the log groups of these exports and creates a missing one without retention, so a
Database must depend on both."""


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """Plain names and numbers; addresses, keys and the password can be outputs."""

    account_id: str
    region: str
    identifier: str
    database_name: str
    username: str
    parameter_group_name: str
    """A name that ends in the major version gives the parameter group its own logical name."""
    engine_version: str = "16"
    """With a major version alone, RDS chooses and upgrades the minor version."""
    instance_class: str
    allocated_storage_gib: int
    max_allocated_storage_gib: int
    """Limit of storage autoscaling."""
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    password: pulumi.Input[str] = field(repr=False)
    """The first password; rotations replace it, and Pulumi ignores later values."""
    multi_az: bool
    backup_days: int = 7
    backup_window: str = "03:00-04:00"
    """UTC."""
    maintenance_window: str
    """UTC, outside the backup window."""
    kms_key_arn: pulumi.Input[str]
    roles: RoleScope
    protect: bool
    """Refuse to delete it with Pulumi or in AWS."""
    final_backup: bool
    """At deletion take a final snapshot and retain the automated backups."""
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.backup_days <= LONGEST_RETENTION:
            raise ValueError(
                f"{self.identifier}: backup_days must be 0-{LONGEST_RETENTION}, "
                f"got {self.backup_days}"
            )
        if self.max_allocated_storage_gib < self.allocated_storage_gib:
            raise ValueError(
                f"{self.identifier}: max_allocated_storage_gib must be at least "
                f"{self.allocated_storage_gib}, got {self.max_allocated_storage_gib}"
            )


class Database(pulumi.ComponentResource):
    """An instance that is reachable through rules of its security group."""

    endpoint: pulumi.Output[str]
    """`host:port` of the writer."""
    address: pulumi.Output[str]
    port: int
    arn: pulumi.Output[str]
    identifier: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    """A client adds its rule to this group."""

    def __init__(
        self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:data:Database", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        group = aws.ec2.SecurityGroup(
            f"{name}-group",
            description="Database",  # never changed: a change replaces the group
            vpc_id=args.vpc_id,
            tags=args.tags,
            opts=child,
        )
        subnets = aws.rds.SubnetGroup(
            f"{name}-subnets", subnet_ids=args.subnet_ids, tags=args.tags, opts=child
        )
        # Each major version has its own resource: the engine creates the next one, upgrades the
        # instance, and deletes the old one last. After a failed upgrade both still exist.
        major = args.engine_version.split(".", maxsplit=1)[0]
        number = f"-{major}" if args.parameter_group_name.endswith(f"-{major}") else ""
        parameters = aws.rds.ParameterGroup(
            f"{name}-parameters{number}",
            name=args.parameter_group_name,
            family=f"postgres{major}",
            description=f"Parameters of {args.identifier}",
            parameters=[
                {"name": parameter, "value": value, "apply_method": method}
                for parameter, value, method in PARAMETERS
            ],
            tags=args.tags,
            opts=child,
        )
        monitoring, attachment = _monitoring_role(name, args, child)
        instance = aws.rds.Instance(
            f"{name}-instance",
            identifier=args.identifier,
            engine="postgres",
            engine_version=args.engine_version,
            instance_class=args.instance_class,
            allocated_storage=args.allocated_storage_gib,
            max_allocated_storage=args.max_allocated_storage_gib,
            storage_type="gp3",
            storage_encrypted=True,
            kms_key_id=args.kms_key_arn,
            db_name=args.database_name,
            username=args.username,
            password=args.password,
            port=PORT,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[group.id],
            publicly_accessible=False,
            parameter_group_name=parameters.name,
            multi_az=args.multi_az,
            backup_retention_period=args.backup_days,
            backup_window=args.backup_window,
            maintenance_window=args.maintenance_window,
            copy_tags_to_snapshot=True,
            auto_minor_version_upgrade=True,
            deletion_protection=args.protect,
            skip_final_snapshot=not args.final_backup,
            final_snapshot_identifier=final_snapshot(
                name,
                args.identifier,
                keepers={
                    "identifier": args.identifier,
                    "database": args.database_name,
                    "username": args.username,
                    "key": args.kms_key_arn,
                },
                opts=child,
            )
            if args.final_backup
            else None,
            delete_automated_backups=not args.final_backup,
            # The provider sends it only with another version. The pipeline decides before an
            # apply whether a change of the major version is allowed.
            allow_major_version_upgrade=True,
            performance_insights_enabled=True,
            performance_insights_kms_key_id=args.kms_key_arn,
            performance_insights_retention_period=7,
            monitoring_interval=MONITORING_SECONDS,
            monitoring_role_arn=monitoring.arn,
            enabled_cloudwatch_logs_exports=list(LOG_EXPORTS),
            # The preview announced the change, so it does not wait for the maintenance window.
            apply_immediately=True,
            tags=args.tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[attachment],
                ignore_changes=["password"],
                protect=args.protect,
            ),
        )

        self.endpoint = instance.endpoint
        self.address = instance.address
        self.port = PORT
        self.arn = instance.arn
        self.identifier = instance.identifier
        self.security_group_id = group.id
        self.register_outputs({"endpoint": self.endpoint, "arn": self.arn})


def _monitoring_role(
    name: str, args: DatabaseArgs, child: pulumi.ResourceOptions
) -> tuple[aws.iam.Role, aws.iam.RolePolicyAttachment]:
    """The role with which enhanced monitoring writes to CloudWatch Logs.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.Enabling.html
    """
    role = program_role(
        f"{name}-monitoring",
        service="monitoring.rds.amazonaws.com",
        source_arn=f"arn:aws:rds:{args.region}:{args.account_id}:db:{args.identifier}",
        scope=args.roles,
        tags=args.tags,
        opts=child,
    )
    attachment = aws.iam.RolePolicyAttachment(
        f"{name}-monitoring-policy",
        role=role.name,
        policy_arn="arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
        opts=child,
    )
    return role, attachment
