"""RDS: an instance restored to a point in time has defaults."""

from datetime import datetime

from moto.ec2.models import ec2_backends
from moto.rds.exceptions import (
    DBInstanceAlreadyExists,
    DBSubnetGroupNotFoundError,
    InvalidParameterCombination,
    InvalidParameterValue,
    RDSClientError,
)
from moto.rds.models import DBInstance, DBSubnetGroup, RDSBackend

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.corrections.rds_instance import Instance, now
from pulumi_moto.shapes import Params

DEFAULTS: Params = {
    "db_parameter_group_name": None,
    "multi_az": False,
    "deletion_protection": False,
    "copy_tags_to_snapshot": False,
    "enabled_cloudwatch_logs_exports": [],
    "enable_iam_database_authentication": False,
}
NEVER: Params = {
    "monitoring_interval": 0,
    "monitoring_role_arn": None,
    "performance_insights_enabled": False,
    "performance_insights_kms_key_id": None,
    "performance_insights_retention_period": None,
    "preferred_maintenance_window": "sun:08:38-sun:09:08",
}
"""Settings without a parameter in a restore: off, or RDS's choice, until a modification."""
SECONDS = 1200.0
"""Duration of a restore."""


def _refuse_time(source: Instance, params: Params) -> None:
    latest = source.latest_restorable_time
    if latest is None:
        raise RDSClientError(
            "PointInTimeRestoreNotEnabled",
            f"Automated backups are not enabled for DB instance {source.db_instance_identifier}, "
            "so it cannot be restored to a point in time.",
        )
    time = params.get("restore_time")
    if bool(params.get("use_latest_restorable_time")) is (time is not None):
        raise InvalidParameterCombination(
            "Either RestoreTime or UseLatestRestorableTime must be specified, and not both."
        )
    if time is None:
        return
    time = time.replace(tzinfo=None)
    if time > latest:
        raise InvalidParameterValue(
            f"The specified instance cannot be restored to a time later than {latest:%FT%TZ}."
        )
    if time < source.earliest_restorable_time:
        raise InvalidParameterValue(
            "The specified instance cannot be restored to a time earlier than "
            f"{source.earliest_restorable_time:%FT%TZ} because its backup retention period is "
            f"set to {source.backup_retention_period} days."
        )


@corrects(
    RDSBackend,
    moto="accepts any time; creates a replica, with the source's groups, Multi-AZ and protection",
    aws="accepts a time within the restorable window; creates, over some minutes, a single-AZ "
    "instance with the default subnet, security and parameter groups unless others are named, "
    "without monitoring and log exports, and with the master password of that time",
)
def restore_db_instance_to_point_in_time(
    original: Replacement,
    self: RDSBackend,
    source_db_identifier: str,
    target_db_identifier: str,
    overrides: Params,
) -> DBInstance:
    source = self.describe_db_instances(source_db_identifier)[0]
    if isinstance(source, Instance):
        _refuse_time(source, overrides)
    if target_db_identifier.lower() in self.databases:
        raise DBInstanceAlreadyExists
    params = dict(overrides)
    copy: DBInstance = original(self, source_db_identifier, target_db_identifier, params)
    if isinstance(source, Instance) and isinstance(copy, Instance):
        _begin(source, copy, params.get("restore_time"))
    params["enabled_cloudwatch_logs_exports"] = params.get("enable_cloudwatch_logs_exports") or []
    for name, default in {**DEFAULTS, **NEVER}.items():
        setattr(copy, name, params.get(name, default) if name in DEFAULTS else default)
    copy.source_db_instance_identifier = None  # to moto, where it was restored from
    copy.tags = params.get("tags") or []
    _set_network(self, copy, params)
    return copy


def _begin(source: Instance, copy: Instance, moment: datetime | None) -> None:
    password = source.password_at((moment or now()).replace(tzinfo=None))
    copy.master_user_password, copy.passwords = password, [(now(), password)]
    copy.occupy("creating", SECONDS)


def _set_network(self: RDSBackend, copy: DBInstance, params: Params) -> None:
    """Place the copy in the default VPC, unless the call names a subnet group."""
    ec2 = ec2_backends[self.account_id][self.region_name]
    if "db_subnet_group_name" not in params:
        copy.db_subnet_group = _default_subnets(self)
    if not params.get("vpc_security_group_ids"):
        group = ec2.get_default_security_group(copy.db_subnet_group.vpc_id)
        copy.vpc_security_group_ids = [group.id] if group else []


def _default_subnets(self: RDSBackend) -> DBSubnetGroup:
    """Return the group `default`, which RDS creates from the default VPC's subnets on demand."""
    ec2 = ec2_backends[self.account_id][self.region_name]
    if "default" not in self.subnet_groups:
        if ec2.default_vpc is None:
            raise DBSubnetGroupNotFoundError("default")
        inside = [s for s in ec2.describe_subnets() if s.vpc_id == ec2.default_vpc.id]
        self.create_subnet_group("default", "default", inside, [])
    return self.subnet_groups["default"]
