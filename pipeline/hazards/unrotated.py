"""Secrets whose current value is in Pulumi's state: a sentence for each.

The preview role may read their metadata (`secretsmanager:ListSecretVersionIds`, `DescribeSecret`,
`elasticache:DescribeReplicationGroups`), and no value.
"""

from collections.abc import Iterator

from arbor.account import Account
from arbor.security import first_values


def sentences(account: Account) -> Iterator[str]:
    """Findings with their remedies, none for a missing secret. Raises ClientError."""
    for age in first_values.find(account):
        if finding := age.finding(account):
            yield finding
