"""Rules on log groups."""

from collections.abc import Iterator

from guardrails.reading import given
from guardrails.rule import Props, Rule

GROUP = "aws:cloudwatch/logGroup:LogGroup"


def _no_retention(props: Props) -> Iterator[str]:
    if not props.get("retentionInDays", 0):
        yield "The log group has no retention."


def _without_own_key(props: Props) -> Iterator[str]:
    if not given(props, "kmsKeyId"):
        yield "The log group is encrypted with the AWS managed key."


RULES = (
    Rule(
        name="logs-retention",
        token=GROUP,
        why="Logs contain customers' ids and must expire.",
        fix="Set retention_in_days (arbor:logRetentionDays).",
        controls=("Security Hub CloudWatch.16",),
        check=_no_retention,
    ),
    Rule(
        name="logs-own-key",
        token=GROUP,
        why="A customer managed key controls who can read the logs.",
        fix="Set kms_key_id to the stack's key for logs (components/logs.py).",
        controls=("design: logs",),
        check=_without_own_key,
    ),
)
