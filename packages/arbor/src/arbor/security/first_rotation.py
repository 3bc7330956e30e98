"""rotate-first: every secret whose value Pulumi's state holds gets another, with one deployment."""

from collections.abc import Callable, Mapping

from arbor.account import Account
from arbor.security import first_values, rotation
from arbor.security.rotation import Part, Rotation

ORDER = ("redis", "app", "db")
"""The password last: from its change until the deployment, running tasks open no connection."""


def left(account: Account) -> list[str]:
    """Purposes of the secrets to rotate, and of those whose rotation has not ended.

    Raises Refused where the stack has no secret.
    """
    found = {
        held.purpose
        for held in first_values.required(account)
        if held.is_of_the_state or held.is_pending
    }
    return [purpose for purpose in ORDER if purpose in found]


def plan(account: Account, parts: Mapping[str, Callable[[], Part]]) -> Rotation:
    """Raises Refused with a line for each thing that is in the way of any of them."""
    made = [parts[purpose]() for purpose in left(account)]
    return rotation.plan(account, "rotate-first", *made)
