"""Instructions to give a restored instance the database's name, as in the runbook.

An operator runs them: they start an outage, and an operator must check the restored data first.
"""

from arbor_names import naming

BEFORE = "-before"
"""Suffix of the replaced database's new name."""
FROM, TO = "RestoredFrom", "RestoredTo"
"""Tags of a restored instance: its source's resource id, and the point in time."""
COMMANDS = """\
aws rds modify-db-instance \\
    --db-instance-identifier {live} \\
    --new-db-instance-identifier {before} \\
    --apply-immediately
until aws rds wait db-instance-available --db-instance-identifier {before}; do sleep 15; done
aws rds modify-db-instance \\
    --db-instance-identifier {restored} \\
    --new-db-instance-identifier {live} \\
    --apply-immediately
until aws rds wait db-instance-available --db-instance-identifier {live}; do sleep 15; done

OLD=$(aws rds describe-db-instances --db-instance-identifier {before} \\
    --query 'DBInstances[0].DbiResourceId' --output text)
NEW=$(aws rds describe-db-instances --db-instance-identifier {live} \\
    --query 'DBInstances[0].DbiResourceId' --output text)
ARN=$(aws rds describe-db-instances --db-instance-identifier {live} \\
    --query 'DBInstances[0].DBInstanceArn' --output text)
MONITORING=$(aws rds describe-db-instances --db-instance-identifier {before} \\
    --query 'DBInstances[0].MonitoringRoleArn' --output text)
aws rds modify-db-instance \\
    --db-instance-identifier {live} \\
    --monitoring-interval 60 \\
    --monitoring-role-arn "$MONITORING" \\
    --apply-immediately
aws rds remove-tags-from-resource --resource-name "$ARN" --tag-keys {from_} {to}
pulumi stack export --stack {stack} --file state.json
sed "s/$OLD/$NEW/g" state.json > reconciled.json
pulumi stack import --stack {stack} --file reconciled.json
pulumi preview --stack {stack} --refresh"""


def commands(stack: str, restored: str) -> str:
    """The shell commands, with names filled in."""
    live = naming.database_instance(stack)
    return COMMANDS.format(
        live=live, before=f"{live}{BEFORE}", restored=restored, stack=stack, from_=FROM, to=TO
    )


def instructions(stack: str, restored: str) -> str:
    """The text that a restore ends with."""
    return (
        f"{restored} is available, accepts the application's login, and serves no traffic.\n"
        "Check its data (through a tunnel to its endpoint, as in the runbook's Connect). Then cut "
        "over by renaming. Users see errors from the first command until the application "
        "reconnects: about ten minutes per name. The instance is not a replica, so "
        "promote-read-replica is refused.\n\n"
        f"{commands(stack, restored)}\n\n"
        f"Delete {naming.database_instance(stack)}{BEFORE} once it is no longer needed."
    )
