"""rotate-first: rotate each secret whose value is in Pulumi's state, with one deployment."""

from collections.abc import Callable, Mapping

from arbor.account import Account
from arbor.security import first_values, rotation
from arbor.security.rotation import Rotation, SecretRotation

ORDER = ("redis", "app", "db")
"""The password last: running tasks can't open connections between its change and deployment."""


def left(account: Account) -> list[str]:
    """Purposes of the secrets with a first value or an incomplete rotation.

    Raises Refused if the stack has no secret.
    """
    found = {
        held.purpose
        for held in first_values.required(account)
        if held.is_in_state or held.is_pending
    }
    return [purpose for purpose in ORDER if purpose in found]


def plan(account: Account, rotations: Mapping[str, Callable[[], SecretRotation]]) -> Rotation:
    """Raises Refused with a line for each obstacle."""
    needed = [rotations[purpose]() for purpose in left(account)]
    return rotation.plan(account, "rotate-first", *needed)
