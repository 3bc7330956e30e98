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
"""RDS writes them to groups of its own naming, and makes a group without retention if it is not
there first: whoever declares a Database lets it depend on both."""


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """Names and numbers are plain; addresses, keys and the password only flow through."""

    account_id: str
    region: str
    identifier: str
    database_name: str
    username: str
    parameter_group_name: str
    """With the major version at its end it is another resource than without, or with another."""
    engine_version: str = "16"
    """A major version alone lets RDS choose and upgrade the minor one."""
    instance_class: str
    allocated_storage_gib: int
    max_allocated_storage_gib: int
    """Storage grows by itself up to here."""
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    password: pulumi.Input[str] = field(repr=False)
    """The first one; rotations change it, and Pulumi then leaves it alone."""
    multi_az: bool
    backup_days: int = 7
    backup_window: str = "03:00-04:00"
    """UTC."""
    maintenance_window: str
    """UTC, outside of the backup window."""
    kms_key_arn: pulumi.Input[str]
    roles: RoleScope
    protect: bool
    """Neither Pulumi nor AWS deletes it."""
    final_backup: bool
    """When it is deleted, a final snapshot is taken and its automated backups stay."""
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
    """An instance that only its security group's rules let anybody reach."""

    endpoint: pulumi.Output[str]
    """`host:port` of the writer."""
    address: pulumi.Output[str]
    port: int
    arn: pulumi.Output[str]
    identifier: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    """Whoever shall reach the database adds a rule to it."""

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
        # A resource of its own for each major version: the next one is made, the instance moves,
        # and the engine deletes this one last. If the upgrade fails, both are there to go back to.
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
            # The provider sends it with another version only. Who may change the major one is
            # for the pipeline to judge, before anything is touched.
            allow_major_version_upgrade=True,
            performance_insights_enabled=True,
            performance_insights_kms_key_id=args.kms_key_arn,
            performance_insights_retention_period=7,
            monitoring_interval=MONITORING_SECONDS,
            monitoring_role_arn=monitoring.arn,
            enabled_cloudwatch_logs_exports=list(LOG_EXPORTS),
            # A change of config is wanted when it is applied, and was announced by the preview.
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
    """Enhanced monitoring writes the host's metrics to CloudWatch with this role.

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
