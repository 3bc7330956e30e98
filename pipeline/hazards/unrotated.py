"""Secrets whose current value is the one that the state holds: a sentence for each.

Metadata shows it (`secretsmanager:ListSecretVersionIds` and `DescribeSecret`,
`elasticache:DescribeReplicationGroups`), so the role of previews, which may read no value, can
look.
"""

from collections.abc import Iterator

from arbor.account import Account
from arbor.security import first_values


def sentences(account: Account) -> Iterator[str]:
    """What is wrong with a secret, and the command that puts it right.

    Nothing for a secret that doesn't exist yet. Raises ClientError.
    """
    for held in first_values.look(account):
        if wrong := held.wrong(account):
            yield wrong
