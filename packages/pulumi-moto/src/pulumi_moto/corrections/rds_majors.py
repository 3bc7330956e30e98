"""RDS: major version upgrades of PostgreSQL.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.MajorVersion.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html (EngineVersion,
AllowMajorVersionUpgrade)
"""

from datetime import datetime

from moto.rds.exceptions import InvalidParameterCombination, RDSClientError
from moto.rds.models import DBInstance

from pulumi_moto.shapes import Params

ALLOWED = "allow_major_version_upgrade"
GROUP = "db_parameter_group_name"
OFFERED = ("12", "13", "14", "15", "16", "17", "18")
"""Major versions that RDS offers. An upgrade goes to any later one; a downgrade is refused."""


def is_major_upgrade(found: DBInstance, params: Params) -> bool:
    """Return whether the call requests another major version."""
    version = params.get("engine_version")
    return (
        found.engine == "postgres"
        and version is not None
        and _major(str(version)) != _major(str(found.engine_version))
    )


def refuse_version(found: DBInstance, params: Params) -> None:
    """Refuse a version that is earlier or not offered, and an unprepared major upgrade."""
    before, version = str(found.engine_version), params.get("engine_version")
    if found.engine != "postgres" or version is None:
        return
    if not _reachable(before, str(version)):
        raise InvalidParameterCombination(f"Cannot upgrade postgres from {before} to {version}")
    if not is_major_upgrade(found, params):
        return
    if not params.get(ALLOWED):
        # RDS's message: https://github.com/PublicMapping/districtbuilder/pull/478
        raise InvalidParameterCombination(
            "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major "
            "version."
        )
    held = found.db_parameter_groups()[0].name
    if GROUP not in params and not found.is_default_parameter_group(held):
        raise InvalidParameterCombination(
            f"Current Parameter Group ({held}) is non-default. You need to explicitly specify a "
            "new Parameter Group in this case (default or custom)"
        )
    if found.status != "available":
        raise RDSClientError(
            "InvalidDBInstanceState",
            f"Database instance {found.db_instance_identifier} is not in available state.",
        )


def back_up_before(found: DBInstance, version: str, when: datetime) -> None:
    """Take the snapshot that RDS takes before an upgrade of an instance with backups.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.html
    The snapshot after the upgrade is not emulated.
    """
    if int(found.backup_retention_period):
        name = found.db_instance_identifier
        before, after = (text.replace(".", "-") for text in (str(found.engine_version), version))
        found.backend.create_db_snapshot(
            name,
            f"preupgrade-{name}-{before}-to-{after}-{when:%Y-%m-%d-%H-%M}",
            snapshot_type="automated",
        )


def _reachable(before: str, after: str) -> bool:
    """Return whether RDS upgrades between these; a major version alone is its newest minor one."""
    old, new = before.split("."), after.split(".")
    if old[0] != new[0]:
        return new[0] in OFFERED and int(new[0]) > int(old[0])
    return len(old) == 1 or len(new) == 1 or int(new[1]) >= int(old[1])


def _major(version: str) -> str:
    return version.split(".", maxsplit=1)[0]
