"""The secret with the database's user and password."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from arbor import secret
from arbor.account import Account
from arbor.secret import Kind, Secret

KEYS = {"username", "password"}


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """A database user and its password."""

    username: str
    password: str = field(repr=False)


def _parse(held: Mapping[str, object]) -> Credentials | None:
    if set(held) != KEYS:
        return None
    return Credentials(username=str(held["username"]), password=str(held["password"]))


KIND = Kind(
    purpose="db",
    holds="JSON with exactly username and password",
    parse=_parse,
    dump=lambda held: {"username": held.username, "password": held.password},
    describe=lambda held: f"password of {held.username}",
)


def read(account: Account) -> Secret[Credentials]:
    """The stack's secret. Raises Refused if it can't be used."""
    return secret.read(account, KIND)
