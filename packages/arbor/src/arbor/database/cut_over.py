"""How a restored instance takes the name of the database, for a person to do (also in the runbook).

Not done by a command: it begins an outage, and whether the restored data are the right ones is for
somebody to say who has looked.
"""

from arbor_names import naming

BEFORE = "-before"
"""The end of the name that the database gets."""
FROM, TO = "RestoredFrom", "RestoredTo"
"""Tags of a restored instance: the resource id of its source, and the moment."""
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
    """Each line can be pasted; the names are filled in."""
    live = naming.database_instance(stack)
    return COMMANDS.format(
        live=live, before=f"{live}{BEFORE}", restored=restored, stack=stack, from_=FROM, to=TO
    )


def told(stack: str, restored: str) -> str:
    """What to do once the restored data were looked at."""
    return (
        f"{restored} stands and takes the application's login; nobody uses it yet.\n"
        "Look at its data (a tunnel as in the runbook's Connect, to its endpoint). Then cut over "
        "by renaming; users see errors from the first line until the application reconnects, some "
        "ten minutes for each name. It stands alone already: promote-read-replica is refused.\n\n"
        f"{commands(stack, restored)}\n\n"
        f"Delete {naming.database_instance(stack)}{BEFORE} when nobody needs it."
    )
