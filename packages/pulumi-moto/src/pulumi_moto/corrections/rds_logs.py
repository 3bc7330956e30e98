"""RDS: the log groups that its exports and its enhanced monitoring go to."""

from moto.logs.models import logs_backends
from moto.rds.models import DBInstance

OS_METRICS = "RDSOSMetrics"
"""One for the account and region.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.CloudWatchLogs.html"""


def make_missing_groups(instance: DBInstance) -> None:
    """RDS makes `/aws/rds/instance/ID/TYPE` without retention, and leaves one that is there."""
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
