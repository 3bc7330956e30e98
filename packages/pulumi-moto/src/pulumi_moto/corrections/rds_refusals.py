"""RDS: refused values of new and of changed instances."""

import re

from moto.rds.exceptions import InvalidParameterCombination, InvalidParameterValue
from moto.rds.models import RDSBackend

from pulumi_moto.corrections.rds_windows import refuse_backup_window
from pulumi_moto.shapes import Params

PASSWORD = re.compile(r'[^/"@ \x00-\x1f\x7f-\U0010ffff]{8,128}')
LONGEST_RETENTION = 35
SMALLEST_GIB = 20
"""Of gp2 and gp3."""
LOG_TYPES = frozenset({"postgresql", "upgrade", "iam-db-auth-error"})
COMMON = "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"
SIZES = {
    "t3 t4g": "micro small medium large xlarge 2xlarge",
    "m6g m6gd m7g r6g r6gd r7g x2g": COMMON,
    "m5 m5d r5 r5b r5d": f"{COMMON} 24xlarge",
    "m6i m6id m6in m6idn r6i r6id r6in r6idn": f"{COMMON} 24xlarge 32xlarge",
    "m7i r7i m8g r8g": f"{COMMON} 24xlarge 48xlarge",
    "x2idn": "16xlarge 24xlarge 32xlarge",
    "x2iedn": "xlarge 2xlarge 4xlarge 8xlarge 16xlarge 24xlarge 32xlarge",
    "c6gd": f"medium {COMMON}",
}
"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Support.html"""
CLASSES = frozenset(
    f"db.{family}.{size}"
    for families, sizes in SIZES.items()
    for family in families.split()
    for size in sizes.split()
)
"""Of RDS for PostgreSQL 16."""


def refuse_values(params: Params, engine: str) -> None:
    """Refuse values that are invalid for any instance."""
    _refuse_password(params.get("master_user_password"))
    wanted = params.get("db_instance_class")
    if engine == "postgres" and wanted is not None and wanted not in CLASSES:
        raise InvalidParameterValue(f"Invalid DB Instance class: {wanted}")
    days = params.get("backup_retention_period")
    if days is not None and not 0 <= int(days) <= LONGEST_RETENTION:
        raise InvalidParameterValue(
            f"Invalid backup retention period: {days}. Must be between 0 and {LONGEST_RETENTION}."
        )
    refuse_backup_window(params.get("preferred_backup_window"))


def _refuse_password(password: str | None) -> None:
    if password is not None and PASSWORD.fullmatch(password) is None:
        raise InvalidParameterValue(
            "The parameter MasterUserPassword is not a valid password. It has 8 to 128 printable "
            "ASCII characters besides '/', '@', '\"', ' '."
        )


def refuse_family(self: RDSBackend, params: Params, engine: str, version: str) -> None:
    group = self.db_parameter_groups.get(params.get("db_parameter_group_name") or "")
    wanted = f"{engine}{version.split('.', maxsplit=1)[0]}"
    if engine == "postgres" and group is not None and group.family != wanted:
        raise InvalidParameterCombination(
            f"The parameter group {group.name} with DBParameterGroupFamily {group.family} can't be "
            f"used for this instance. Please use a parameter group with DBParameterGroupFamily "
            f"{wanted}"
        )


def refuse_logs(types: list[str], engine: str, version: str) -> None:
    if engine == "postgres" and (unknown := sorted(set(types) - LOG_TYPES)):
        raise InvalidParameterCombination(
            f"You cannot use the log types '{','.join(unknown)}' with engine version {engine} "
            f"{version}. For supported log types, see the documentation."
        )


def refuse_storage(size: int | None, longest: int | None, kind: str | None) -> None:
    """Refuse a new instance's storage: too small, or a limit below 110 %."""
    if size is None:
        return
    if kind in {None, "gp2", "gp3"} and size < SMALLEST_GIB:
        raise InvalidParameterCombination(
            f"Invalid storage size for engine name postgres and storage type {kind or 'gp2'}: "
            f"{size}"
        )
    if longest is not None and longest <= size:
        raise InvalidParameterCombination("Max storage size must be greater than storage size")
    refuse_little_growth(size, longest)


def refuse_little_growth(size: int, longest: int | None) -> None:
    if longest is not None and longest * 10 < size * 11:
        raise InvalidParameterCombination(
            "The maximum allocated storage must be increased by at least 10 percent."
        )
