"""Passwords that RDS accepts and a connection URL takes without escaping."""

import secrets
import string

LENGTH = 40
"""RDS takes 8 to 128."""
ALPHABET = string.ascii_letters + string.digits + "-_"
"""Of RFC 3986's unreserved characters; RDS refuses `/`, `@`, `"` and the space."""


def generate() -> str:
    """A new one, of about 240 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
