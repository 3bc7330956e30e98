"""Changes that violate the rules on RDS."""

from typing import Any

from proof.mutation import Mutation

INSTANCE = "aws:rds/instance:Instance"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"


def _instance(rule: str, what: str, **inputs: object) -> Mutation:
    return Mutation(
        rule=rule, what=what, token=INSTANCE, resource="database-instance", inputs=inputs
    )


def _parameter(rule: str, what: str, name: str) -> Mutation:
    def without(inputs: dict[str, Any]) -> None:
        inputs["parameters"] = [one for one in inputs["parameters"] if one["name"] != name]

    return Mutation(
        rule=rule, what=what, token=PARAMETERS, resource="database-parameters", edit=without
    )


MUTATIONS = (
    _instance("rds-multi-az", "the database runs in one zone", multi_az=False),
    _instance("rds-backup-retention", "backups are kept for three days", backup_retention_period=3),
    _instance("rds-backup-window", "backups move to one o'clock", backup_window="01:00-02:00"),
    _instance(
        "rds-maintenance-window",
        "maintenance overlaps the backups",
        maintenance_window="sun:03:30-sun:04:30",
    ),
    _instance("rds-encrypted", "the database loses its own key", kms_key_id=None),
    _instance("rds-not-public", "the database gets a public address", publicly_accessible=True),
    _instance("rds-deletion-protection", "the database can be deleted", deletion_protection=False),
    _instance("rds-final-snapshot", "no final snapshot is taken", skip_final_snapshot=True),
    _instance(
        "rds-log-exports",
        "PostgreSQL's log stays on the instance",
        enabled_cloudwatch_logs_exports=["upgrade"],
    ),
    _instance(
        "rds-performance-insights",
        "Performance Insights is off",
        performance_insights_enabled=False,
    ),
    _instance(
        "rds-parameter-group",
        "the database uses the default parameter group",
        parameter_group_name="default.postgres16",
    ),
    _instance("rds-enhanced-monitoring", "enhanced monitoring is off", monitoring_interval=0),
    _instance(
        "rds-minor-upgrades", "minor upgrades aren't automatic", auto_minor_version_upgrade=False
    ),
    _instance("rds-snapshot-tags", "snapshots have no tags", copy_tags_to_snapshot=False),
    _parameter("rds-tls-forced", "TLS isn't forced", "rds.force_ssl"),
    _parameter("rds-slow-query-log", "slow queries aren't logged", "log_min_duration_statement"),
    _parameter(
        "rds-statement-statistics", "pg_stat_statements isn't loaded", "shared_preload_libraries"
    ),
)
