"""Rules on log groups."""

from collections.abc import Iterator

from guardrails.reading import given
from guardrails.rule import Props, Rule

GROUP = "aws:cloudwatch/logGroup:LogGroup"


def _for_ever(props: Props) -> Iterator[str]:
    if not props.get("retentionInDays", 0):
        yield "The logs are kept for ever."


def _without_own_key(props: Props) -> Iterator[str]:
    if not given(props, "kmsKeyId"):
        yield "The logs are encrypted with AWS's own key."


RULES = (
    Rule(
        name="logs-retention",
        token=GROUP,
        why="Logs hold customers' ids, and must end.",
        fix="Set retention_in_days.",
        controls=("Security Hub CloudWatch.16",),
        check=_for_ever,
    ),
    Rule(
        name="logs-own-key",
        token=GROUP,
        why="Who may read the logs is decided by a key that we control.",
        fix="Set kms_key_id to the stack's key for logs.",
        controls=("design: logs",),
        check=_without_own_key,
    ),
)
