"""rotate-password: a new password in the database, the secret and the running tasks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from arbor.account import Account
from arbor.database import secret
from arbor.database.connection import instance as database
from arbor.database.credentials import Credentials
from arbor.procedure import Step
from arbor.release import migrate
from arbor.secret import Secret
from arbor.security import database_users, passwords, rotation
from arbor.security.database_users import Connect, Users
from arbor.security.rotation import DEPLOY


@dataclass(frozen=True, kw_only=True)
class Password(rotation.Part):
    """The rotation of the database's password."""

    found: Secret[Credentials]
    instance: dict[str, Any]
    """As RDS describes it."""
    users: Users
    two_users: bool
    """Asked for; an interrupted rotation goes on as it was begun."""

    @property
    def arn(self) -> str:
        return self.found.arn

    @property
    def what(self) -> str:
        return "password"

    def steps(self) -> Iterator[Step | None]:
        """Of the database first, of the secret once a login is proved."""
        found = secret.read(self.found.account)
        is_new = found.pending is None
        if is_new:
            found = found.beside(self._made(found))
            yield found.keep()
        assert found.pending is not None
        if not found.is_promoted:
            if is_new or not self.users.logs_in(found.pending):
                yield self.users.give(found.pending, found.current)
            yield found.promote()
        yield DEPLOY
        yield from self._retire(found)
        yield found.end()

    def _made(self, found: Secret[Credentials]) -> Credentials:
        user = found.current.username
        username = self.users.other(user) if self.two_users else user
        return Credentials(username=username, password=passwords.generate())

    def _retire(self, found: Secret[Credentials]) -> Iterator[Step]:
        """Where another user has taken over, the first password would go on opening the database.

        The state holds it, so the user gets one that is kept nowhere; its next turn needs none.
        """
        first, new = found.first(), found.pending
        if first is None or new is None or new.username == first.username:
            return
        if first.username == self.users.master and self.users.logs_in(first):
            yield self.users.lock_out(first)

    def in_the_way(self) -> Iterator[str]:
        name, status = self.instance["DBInstanceIdentifier"], self.instance["DBInstanceStatus"]
        if self.found.is_rotated_by_lambda:
            yield rotation.by_lambda(self.found.name)
        if self.instance.get("MasterUserSecret"):
            yield f"RDS manages the master password of {name} itself, and refuses another."
        if status not in {"available", database_users.RESETTING}:
            yield f"{name} is {status}: wait until it is available."
        yield from migrate.running(self.found.account)
        yield from self._logins()

    def _logins(self) -> Iterator[str]:
        """What is taken for granted by every step must be true before the first."""
        users, found = self.users, self.found
        known = {users.master, users.other(users.master)}
        user = found.current.username
        if user not in known:
            yield f"The secret's user is {user}; allowed: {' or '.join(sorted(known))}."
        elif found.pending is None and user != users.master and not self.two_users:
            yield (
                f"The secret's user is {user}, whose turn began with a rotation of two users: "
                "add --two-users."
            )
        held = [found.current, found.pending]
        if not self.two_users:
            # A database that `up` replaced has the first one again; RDS gives another without it.
            held.append(found.first())
        if not any(users.logs_in(credentials) for credentials in filter(None, held)):
            yield (
                "The database takes none of the secret's passwords: it was changed outside the "
                f"secret. Put the database's password into {found.arn} as its current version, "
                "then rotate."
            )


def plan(account: Account, connect: Connect, *, two_users: bool) -> Password:
    """Raises Refused where secret or database can't be read."""
    found, instance = secret.read(account), database(account)
    users = Users(account=account, master=instance["MasterUsername"], connect=connect)
    return Password(found=found, instance=instance, users=users, two_users=two_users)
