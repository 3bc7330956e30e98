"""The steps before a stack's first `pulumi up`."""

import itertools

from arbor.procedure import Step
from pipeline.bootstrap import boundary, bucket, key, log_bucket, provider, role
from pipeline.bootstrap.stack_account import StackAccount, refuse_another_account


def to_make(account: StackAccount) -> list[Step]:
    """The steps for what is missing or differs; empty when all is as required. Read-only.

    Raises Refused if a name belongs to a resource that bootstrap did not create.
    """
    refuse_another_account(account)
    for part in (key, log_bucket, bucket, boundary, role):
        part.refuse(account)
    wanted = itertools.chain.from_iterable(
        part.steps(account) for part in (key, log_bucket, bucket, provider, boundary, role)
    )
    return [step for step in wanted if not step.took_effect()]


def to_retire(account: StackAccount) -> list[Step]:
    """The steps that delete the first deploy role; empty when it is gone. Raises Refused."""
    refuse_another_account(account)
    role.refuse_to_retire(account)
    return [step for step in role.retiring(account) if not step.took_effect()]
