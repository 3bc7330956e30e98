"""RDS: the log groups of exports and enhanced monitoring."""

from moto.logs.models import logs_backends
from moto.rds.models import DBInstance

OS_METRICS = "RDSOSMetrics"
"""One group per account and region.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.CloudWatchLogs.html"""


def make_missing_groups(instance: DBInstance) -> None:
    """Create missing groups `/aws/rds/instance/ID/TYPE`, without retention, as RDS does."""
    logs = logs_backends[instance.account_id][instance.region]
    names = [
        f"/aws/rds/instance/{instance.db_instance_identifier}/{kind}"
        for kind in instance.enabled_cloudwatch_logs_exports
    ]
    if int(instance.monitoring_interval or 0):
        names.append(OS_METRICS)
    for name in names:
        if name not in logs.groups:
            logs.create_log_group(name, {})
