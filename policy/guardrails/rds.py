"""Rules on RDS instances and their parameter groups."""

import re
from collections.abc import Callable, Iterator

from guardrails.reading import given, items
from guardrails.rule import PRODUCTION, Props, Rule

INSTANCE = "aws:rds/instance:Instance"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
SHORTEST_RETENTION_DAYS = 7
Check = Callable[[Props], Iterator[str]]
WINDOW = ("03:00", "04:00")
"""The runbook's backup window, UTC."""


def _must(key: str, *, be: object, otherwise: str) -> Callable[[Props], Iterator[str]]:
    def check(props: Props) -> Iterator[str]:
        if props.get(key, None) != be:
            yield otherwise

    return check


def _short_backups(props: Props) -> Iterator[str]:
    days = props.get("backupRetentionPeriod", 0)
    if days < SHORTEST_RETENTION_DAYS:
        yield f"Backups are kept {days:.0f} days."


def _other_window(props: Props) -> Iterator[str]:
    window = props.get("backupWindow", "")
    begin, _, end = window.partition("-")
    if not (begin and end and WINDOW[0] <= begin < end <= WINDOW[1]):
        yield f"Backups are made at {window or 'a time that AWS chooses'}."


def _maintained_during_backup(props: Props) -> Iterator[str]:
    window = props.get("maintenanceWindow", "")
    times = re.fullmatch(r"\w{3}:(\d\d:\d\d)-\w{3}:(\d\d:\d\d)", window)
    if times is None:
        yield "Maintenance happens at a time that AWS chooses."
    elif times.group(1) < WINDOW[1] and times.group(2) > WINDOW[0]:
        yield f"Maintenance at {window} meets the backups."


def _without_own_key(props: Props) -> Iterator[str]:
    if not props.get("storageEncrypted", False):
        yield "The storage is not encrypted."
    elif not given(props, "kmsKeyId"):
        yield "The storage is encrypted with the account's default key."


def _no_final_snapshot(props: Props) -> Iterator[str]:
    if props.get("skipFinalSnapshot", False) or not given(props, "finalSnapshotIdentifier"):
        yield "The instance can go without a last snapshot."


def _no_logs(props: Props) -> Iterator[str]:
    if "postgresql" not in list(items(props, "enabledCloudwatchLogsExports")):
        yield "PostgreSQL's log stays on the instance."


def _no_insights(props: Props) -> Iterator[str]:
    if not props.get("performanceInsightsEnabled", False):
        yield "Performance Insights is off."
    elif not given(props, "performanceInsightsKmsKeyId"):
        yield "Performance Insights keeps queries under the account's default key."


def _default_parameters(props: Props) -> Iterator[str]:
    if not given(props, "parameterGroupName"):
        yield "The parameters are AWS's own, which nobody can change."
    elif str(props["parameterGroupName"]).startswith("default."):
        yield f"The parameters are those of {props['parameterGroupName']}."


def _no_monitoring(props: Props) -> Iterator[str]:
    if not props.get("monitoringInterval", 0):
        yield "The host is not monitored."


def _parameter(
    name: str, right: Callable[[str], bool], otherwise: str
) -> Callable[..., Iterator[str]]:
    def check(props: Props) -> Iterator[str]:
        if not props.get("family", "").startswith("postgres"):
            return
        found = {one["name"]: one["value"] for one in items(props, "parameters")}
        if not right(found.get(name, "")):
            yield otherwise

    return check


def _instance(
    name: str,
    check: Callable[[Props], Iterator[str]],
    *,
    why: str,
    fix: str,
    controls: tuple[str, ...],
    environments: frozenset[str] = frozenset(),
) -> Rule:
    return Rule(
        name=name,
        token=INSTANCE,
        why=why,
        fix=fix,
        controls=controls,
        check=check,
        environments=environments,
    )


RULES = (
    _instance(
        "rds-multi-az",
        _must("multiAz", be=True, otherwise="The database runs in one zone."),
        why="The database survives the loss of a zone.",
        fix="Set multi_az to True.",
        controls=("FSBP RDS.5",),
        environments=PRODUCTION,
    ),
    _instance(
        "rds-backup-retention",
        _short_backups,
        why="The restore procedure promises any point in the last seven days.",
        fix="Set backup_retention_period to 7 or more.",
        controls=("FSBP RDS.11", "runbook: restore"),
        environments=PRODUCTION,
    ),
    _instance(
        "rds-backup-window",
        _other_window,
        why="Backups are made when operators expect them.",
        fix="Set backup_window to a time within 03:00-04:00.",
        controls=("runbook: backups",),
    ),
    _instance(
        "rds-maintenance-window",
        _maintained_during_backup,
        why="A restart for maintenance must not meet a backup.",
        fix="Set maintenance_window to a time outside of 03:00-04:00.",
        controls=("runbook: backups",),
    ),
    _instance(
        "rds-encrypted",
        _without_own_key,
        why="Customers' data is unreadable without a key that we control.",
        fix="Set storage_encrypted to True and kms_key_id to a key of the stack.",
        controls=("FSBP RDS.3",),
    ),
    _instance(
        "rds-not-public",
        _must("publiclyAccessible", be=False, otherwise="The database may have a public address."),
        why="Nobody outside of the VPC reaches the database.",
        fix="Set publicly_accessible to False.",
        controls=("FSBP RDS.2", "CIS v3.0 2.3.3"),
    ),
    _instance(
        "rds-deletion-protection",
        _must("deletionProtection", be=True, otherwise="AWS would delete the database when asked."),
        why="No single mistake deletes customers' data.",
        fix="Set deletion_protection to True.",
        controls=("FSBP RDS.8",),
        environments=PRODUCTION,
    ),
    _instance(
        "rds-final-snapshot",
        _no_final_snapshot,
        why="If the database is ever deleted, its data can be brought back.",
        fix="Set skip_final_snapshot to False and final_snapshot_identifier to a name.",
        controls=("runbook: restore",),
        environments=PRODUCTION,
    ),
    _instance(
        "rds-log-exports",
        _no_logs,
        why="Slow queries and errors are read in CloudWatch.",
        fix='Add "postgresql" to enabled_cloudwatch_logs_exports.',
        controls=("FSBP RDS.9", "FSBP RDS.36", "runbook: slow queries"),
    ),
    _instance(
        "rds-performance-insights",
        _no_insights,
        why="What the database waits for can be seen, under a key that we control.",
        fix="Set performance_insights_enabled to True and performance_insights_kms_key_id.",
        controls=("runbook: database",),
    ),
    _instance(
        "rds-enhanced-monitoring",
        _no_monitoring,
        why="The host's memory and disk can be seen while it suffers.",
        fix="Set monitoring_interval to 60 and monitoring_role_arn.",
        controls=("FSBP RDS.6",),
    ),
    _instance(
        "rds-minor-upgrades",
        _must("autoMinorVersionUpgrade", be=True, otherwise="Security fixes wait for somebody."),
        why="Security fixes of PostgreSQL arrive by themselves.",
        fix="Set auto_minor_version_upgrade to True.",
        controls=("FSBP RDS.13",),
    ),
    _instance(
        "rds-snapshot-tags",
        _must("copyTagsToSnapshot", be=True, otherwise="Snapshots don't say whose they are."),
        why="A snapshot says which stack it belongs to.",
        fix="Set copy_tags_to_snapshot to True.",
        controls=("FSBP RDS.17",),
    ),
    _instance(
        "rds-parameter-group",
        _default_parameters,
        why="What the parameters must be is said, and holds for this database.",
        fix="Set parameter_group_name to the stack's own parameter group.",
        controls=("runbook: slow queries",),
    ),
    Rule(
        name="rds-tls-forced",
        token=PARAMETERS,
        why="No password and no row crosses the network in the clear.",
        fix='Set the parameter rds.force_ssl to "1".',
        controls=("Security Hub RDS.38",),
        check=_parameter("rds.force_ssl", "1".__eq__, "Connections without TLS are accepted."),
    ),
    Rule(
        name="rds-slow-query-log",
        token=PARAMETERS,
        why="Queries of a second and more are logged.",
        fix='Set the parameter log_min_duration_statement to "1000" or less.',
        controls=("runbook: slow queries",),
        check=_parameter(
            "log_min_duration_statement",
            lambda value: value.isdigit() and int(value) <= 1000,  # noqa: PLR2004 - a second
            "Queries of a second are not logged.",
        ),
    ),
    Rule(
        name="rds-statement-statistics",
        token=PARAMETERS,
        why="The runbook asks pg_stat_statements for the worst queries.",
        fix="Add pg_stat_statements to the parameter shared_preload_libraries.",
        controls=("runbook: slow queries",),
        check=_parameter(
            "shared_preload_libraries",
            lambda value: "pg_stat_statements" in value.split(","),
            "pg_stat_statements is not loaded.",
        ),
    ),
)
