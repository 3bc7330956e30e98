"""The permissions boundary of the program's roles: they can't be created without it."""

from collections.abc import Iterator

from access import boundary
from arbor.procedure import Step
from arbor_names import naming
from pipeline.bootstrap import managed
from pipeline.bootstrap.stack_account import StackAccount


def refuse(account: StackAccount) -> None:
    """Raises Refused for a policy of that name that bootstrap did not make."""
    managed.refuse(account, naming.boundary(account.stack))


def steps(account: StackAccount) -> Iterator[Step]:
    """The steps to a boundary that limits the stack's roles to their purpose."""
    yield from managed.steps(
        account,
        naming.boundary(account.stack),
        boundary.of_program(account.pipeline),
        f"limit the roles of {account.stack}",
    )
