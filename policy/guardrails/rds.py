"""Rules on RDS instances and their parameter groups."""

import re
from collections.abc import Callable, Iterator
from functools import partial

from guardrails.reading import given, items
from guardrails.rule import PRODUCTION, Props, Rule

INSTANCE = "aws:rds/instance:Instance"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
SHORTEST_RETENTION_DAYS = 7
_instance = partial(Rule, token=INSTANCE)
WINDOW = ("03:00", "04:00")
"""The runbook's backup window, UTC."""


def _requires(key: str, violation: str, *, value: bool = True) -> Callable[[Props], Iterator[str]]:
    def check(props: Props) -> Iterator[str]:
        if props.get(key, None) != value:
            yield violation

    return check


def _short_backups(props: Props) -> Iterator[str]:
    days = props.get("backupRetentionPeriod", 0)
    if days < SHORTEST_RETENTION_DAYS:
        yield f"Automated backups are kept for {days:.0f} days."


def _other_window(props: Props) -> Iterator[str]:
    window = props.get("backupWindow", "")
    begin, _, end = window.partition("-")
    if not (begin and end and WINDOW[0] <= begin < end <= WINDOW[1]):
        yield f"The backup window is {window or 'chosen by AWS'}."


def _maintained_during_backup(props: Props) -> Iterator[str]:
    window = props.get("maintenanceWindow", "")
    times = re.fullmatch(r"\w{3}:(\d\d:\d\d)-\w{3}:(\d\d:\d\d)", window)
    if times is None:
        yield "The maintenance window is chosen by AWS."
    elif times.group(1) < WINDOW[1] and times.group(2) > WINDOW[0]:
        yield f"Maintenance window {window} overlaps the backup window."


def _without_own_key(props: Props) -> Iterator[str]:
    if not props.get("storageEncrypted", False):
        yield "Storage is not encrypted."
    elif not given(props, "kmsKeyId"):
        yield "Storage is encrypted with the AWS managed key."


def _no_final_snapshot(props: Props) -> Iterator[str]:
    if props.get("skipFinalSnapshot", False) or not given(props, "finalSnapshotIdentifier"):
        yield "Deleting the instance takes no final snapshot."


def _no_logs(props: Props) -> Iterator[str]:
    if "postgresql" not in list(items(props, "enabledCloudwatchLogsExports")):
        yield "The PostgreSQL log is not exported to CloudWatch."


def _no_insights(props: Props) -> Iterator[str]:
    if not props.get("performanceInsightsEnabled", False):
        yield "Performance Insights is off."
    elif not given(props, "performanceInsightsKmsKeyId"):
        yield "Performance Insights uses the AWS managed key."


def _default_parameters(props: Props) -> Iterator[str]:
    if not given(props, "parameterGroupName"):
        yield "The instance uses the default parameter group."
    elif str(props["parameterGroupName"]).startswith("default."):
        yield f"The instance uses the parameter group {props['parameterGroupName']}."


def _no_monitoring(props: Props) -> Iterator[str]:
    if not props.get("monitoringInterval", 0):
        yield "Enhanced monitoring is off."


def _parameter(
    name: str, allowed: Callable[[str], bool], violation: str
) -> Callable[..., Iterator[str]]:
    def check(props: Props) -> Iterator[str]:
        if not props.get("family", "").startswith("postgres"):
            return
        found = {one["name"]: one["value"] for one in items(props, "parameters")}
        if not allowed(found.get(name, "")):
            yield violation

    return check


RULES = (
    _instance(
        name="rds-multi-az",
        check=_requires("multiAz", "The database has no standby in another zone."),
        why="The database survives the loss of a zone.",
        fix="Set arbor:databaseMultiAz to true.",
        controls=("FSBP RDS.5",),
        environments=PRODUCTION,
    ),
    _instance(
        name="rds-backup-retention",
        check=_short_backups,
        why="The runbook restores to any point of the last seven days.",
        fix="Set arbor:databaseBackupDays to 7 or more.",
        controls=("FSBP RDS.11", "runbook: restore"),
        environments=PRODUCTION,
    ),
    _instance(
        name="rds-backup-window",
        check=_other_window,
        why="Operators expect backups in the runbook's window.",
        fix="Set arbor:databaseBackupWindow within 03:00-04:00.",
        controls=("runbook: backups",),
    ),
    _instance(
        name="rds-maintenance-window",
        check=_maintained_during_backup,
        why="A restart for maintenance must not interrupt a backup.",
        fix="Set arbor:databaseMaintenanceWindow outside 03:00-04:00.",
        controls=("runbook: backups",),
    ),
    _instance(
        name="rds-encrypted",
        check=_without_own_key,
        why="A customer managed key controls who can read customers' data.",
        fix="Set storage_encrypted=True and kms_key_id (components/database.py).",
        controls=("FSBP RDS.3",),
    ),
    _instance(
        name="rds-not-public",
        check=_requires("publiclyAccessible", "The instance can get a public IP.", value=False),
        why="The database is reachable from inside the VPC only.",
        fix="Set publicly_accessible=False (components/database.py).",
        controls=("FSBP RDS.2", "CIS v3.0 2.3.3"),
    ),
    _instance(
        name="rds-deletion-protection",
        check=_requires("deletionProtection", "The instance has no deletion protection."),
        why="One mistaken call must not delete customers' data.",
        fix="Set deletion_protection=True (arbor:protectData).",
        controls=("FSBP RDS.8",),
        environments=PRODUCTION,
    ),
    _instance(
        name="rds-final-snapshot",
        check=_no_final_snapshot,
        why="A final snapshot allows a restore after deletion.",
        fix="Set skip_final_snapshot=False and final_snapshot_identifier (arbor:finalBackup).",
        controls=("runbook: restore",),
        environments=PRODUCTION,
    ),
    _instance(
        name="rds-log-exports",
        check=_no_logs,
        why="Slow queries and errors are available in CloudWatch Logs.",
        fix='Add "postgresql" to enabled_cloudwatch_logs_exports (components/database.py).',
        controls=("FSBP RDS.9", "FSBP RDS.36", "runbook: slow queries"),
    ),
    _instance(
        name="rds-performance-insights",
        check=_no_insights,
        why="Performance Insights shows wait events, encrypted with a customer managed key.",
        fix=(
            "Set performance_insights_enabled=True and performance_insights_kms_key_id "
            "(components/database.py)."
        ),
        controls=("runbook: database",),
    ),
    _instance(
        name="rds-enhanced-monitoring",
        check=_no_monitoring,
        why="Enhanced monitoring shows memory and disk of the host under load.",
        fix="Set monitoring_interval=60 and monitoring_role_arn (components/database.py).",
        controls=("FSBP RDS.6",),
    ),
    _instance(
        name="rds-minor-upgrades",
        check=_requires(
            "autoMinorVersionUpgrade", "Minor versions are not installed automatically."
        ),
        why="Minor versions contain PostgreSQL's security fixes.",
        fix="Set auto_minor_version_upgrade=True (components/database.py).",
        controls=("FSBP RDS.13",),
    ),
    _instance(
        name="rds-snapshot-tags",
        check=_requires("copyTagsToSnapshot", "Snapshots have no tags."),
        why="Tags identify the stack of a snapshot.",
        fix="Set copy_tags_to_snapshot=True (components/database.py).",
        controls=("FSBP RDS.17",),
    ),
    _instance(
        name="rds-parameter-group",
        check=_default_parameters,
        why="Only a custom parameter group can set the required parameters.",
        fix="Set parameter_group_name to the stack's group (components/database.py).",
        controls=("runbook: slow queries",),
    ),
    Rule(
        name="rds-tls-forced",
        token=PARAMETERS,
        why="Passwords and rows are encrypted in transit.",
        fix='Set the parameter rds.force_ssl to "1" (components/database.py).',
        controls=("Security Hub RDS.38",),
        check=_parameter("rds.force_ssl", "1".__eq__, "TLS is optional for connections."),
    ),
    Rule(
        name="rds-slow-query-log",
        token=PARAMETERS,
        why="Queries of one second and more are logged.",
        fix='Set log_min_duration_statement to "1000" or less (components/database.py).',
        controls=("runbook: slow queries",),
        check=_parameter(
            "log_min_duration_statement",
            lambda value: value.isdigit() and int(value) <= 1000,  # noqa: PLR2004 - a second
            "Queries of one second are not logged.",
        ),
    ),
    Rule(
        name="rds-statement-statistics",
        token=PARAMETERS,
        why="The runbook reads the slowest queries from pg_stat_statements.",
        fix="Add pg_stat_statements to shared_preload_libraries (components/database.py).",
        controls=("runbook: slow queries",),
        check=_parameter(
            "shared_preload_libraries",
            lambda value: "pg_stat_statements" in value.split(","),
            "pg_stat_statements is not loaded.",
        ),
    ),
)
