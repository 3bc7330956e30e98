"""RDS: the log groups that its exports go to."""

from moto.logs.models import logs_backends
from moto.rds.models import DBInstance


def make_missing_groups(instance: DBInstance) -> None:
    """RDS makes `/aws/rds/instance/ID/TYPE` without retention, and leaves one that is there."""
    logs = logs_backends[instance.account_id][instance.region]
    for kind in instance.enabled_cloudwatch_logs_exports:
        name = f"/aws/rds/instance/{instance.db_instance_identifier}/{kind}"
        if name not in logs.groups:
            logs.create_log_group(name, {})
