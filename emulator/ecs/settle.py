"""Lets the account catch up with its clock."""


def settle() -> None:
    """Bring every service deployment and task to where it is now."""
