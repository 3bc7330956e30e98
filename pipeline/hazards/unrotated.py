"""A sentence for each secret whose current value is in the state.

Metadata shows it (`secretsmanager:ListSecretVersionIds` and `DescribeSecret`,
`elasticache:DescribeReplicationGroups`), so the preview role, which may not read
values, can check.
"""

from collections.abc import Iterator

from arbor.account import Account
from arbor.security import first_values


def sentences(account: Account) -> Iterator[str]:
    """The finding about each secret, with the command that fixes it.

    A missing secret has no finding. Raises ClientError.
    """
    for held in first_values.look(account):
        if wrong := held.wrong(account):
            yield wrong
