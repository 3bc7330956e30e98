"""Rules on RDS instances. A check yields one sentence for each thing that is wrong."""

from collections.abc import Iterator

from guardrails.rule import PRODUCTION, Props, Rule

INSTANCE = "aws:rds/instance:Instance"
SHORTEST_RETENTION_DAYS = 7


def _one_zone(props: Props) -> Iterator[str]:
    if not props.get("multiAz"):
        yield "The database runs in one zone."


def _short_backups(props: Props) -> Iterator[str]:
    days = props.get("backupRetentionPeriod", 0)
    if days < SHORTEST_RETENTION_DAYS:
        yield f"Backups are kept {days:.0f} days."


RULES = (
    Rule(
        name="rds-multi-az",
        token=INSTANCE,
        why="The database survives the loss of a zone.",
        fix="Set multi_az to true.",
        controls=("FSBP RDS.5",),
        check=_one_zone,
        stacks=PRODUCTION,
    ),
    Rule(
        name="rds-backup-retention",
        token=INSTANCE,
        why="The restore procedure promises any point in the last seven days.",
        fix="Set backup_retention_period to 7 or more.",
        controls=("FSBP RDS.11", "runbook: restore"),
        check=_short_backups,
        stacks=PRODUCTION,
    ),
)
