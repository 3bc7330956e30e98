"""Changes that the rules on RDS must catch."""

from proof.mutation import Mutation

INSTANCE = "aws:rds/instance:Instance"

MUTATIONS = (
    Mutation(
        rule="rds-multi-az",
        what="the database runs in one zone",
        token=INSTANCE,
        resource="database-instance",
        inputs={"multi_az": False},
    ),
    Mutation(
        rule="rds-backup-retention",
        what="backups are kept three days",
        token=INSTANCE,
        resource="database-instance",
        inputs={"backup_retention_period": 3},
    ),
)
