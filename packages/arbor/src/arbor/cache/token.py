"""The AUTH token of the stack's cache: the `password` in its secret."""

import secrets
import string

from arbor import secret
from arbor.account import Account
from arbor.secret import Secret, Value

KIND = secret.of_key("redis", "password", "JSON with a password", "AUTH token")
LENGTH = 40
"""ElastiCache allows 16 to 128."""
ALPHABET = string.ascii_letters + string.digits
"""ElastiCache also allows `! & # $ ^ < > -`:
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html"""


def generate() -> str:
    """A random token of 238 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def read(account: Account) -> Secret[Value]:
    """The secret with the token. Raises Refused if it can't be used."""
    return secret.read(account, KIND)
