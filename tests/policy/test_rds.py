import pytest

from guardrails.rds import RULES
from verdict import violations

BY_NAME = {rule.name: rule for rule in RULES}


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        ("rds-multi-az", {"multiAz": True}, {"multiAz": False}),
        ("rds-backup-retention", {"backupRetentionPeriod": 7}, {"backupRetentionPeriod": 6}),
    ],
)
def test_what_passes_what_does_not_and_what_is_not_said(
    rule: str, good: dict[str, object], bad: dict[str, object]
) -> None:
    judged = BY_NAME[rule]
    assert violations(judged, good) == []
    for wrong in (bad, {}):
        (message,) = violations(judged, wrong)
        assert message.endswith(judged.fix)
    assert violations(judged, bad, token="aws:s3/bucket:Bucket") == []


def test_staging_may_run_in_one_zone_and_keep_fewer_backups() -> None:
    for rule in RULES:
        assert violations(rule, {}, stack="staging") == []
