"""rotate-password: a new password for the database, the secret and the running tasks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.database import instance, secret
from arbor.database.secret import Credentials
from arbor.procedure import Step
from arbor.release import migrate
from arbor.secret import Secret
from arbor.security import database_users, rotation
from arbor.security.database_users import Connect, DatabaseUsers
from arbor.security.rotation import DEPLOY

if TYPE_CHECKING:
    from mypy_boto3_rds.type_defs import DBInstanceTypeDef


@dataclass(frozen=True, kw_only=True)
class PasswordRotation(rotation.SecretRotation):
    """The rotation of the database's password."""

    found: Secret[Credentials]
    database: "DBInstanceTypeDef"
    users: DatabaseUsers
    two_users: bool
    """For a new rotation; an interrupted one continues as it started."""

    @property
    def arn(self) -> str:
        return self.found.arn

    @property
    def what(self) -> str:
        return "password"

    def steps(self) -> Iterator[Step | None]:
        """Set the password in the database, and promote it after a login."""
        found = secret.read(self.found.account)
        is_new = found.pending is None
        if is_new:
            found = found.with_pending(self._new(found))
            yield found.keep()
        assert found.pending is not None
        if not found.is_promoted:
            if is_new or not self.users.logs_in(found.pending):
                yield self.users.set_password(found.pending, found.current)
            yield found.promote()
        yield DEPLOY
        yield from self._invalidate_first(found)
        yield found.end()

    def _new(self, found: Secret[Credentials]) -> Credentials:
        user = found.current.username
        username = self.users.other(user) if self.two_users else user
        return Credentials(username=username, password=database_users.generate_password())

    def _invalidate_first(self, found: Secret[Credentials]) -> Iterator[Step]:
        """Invalidate the first password, still valid if the new one is for the other user.

        It is in Pulumi's state. Its user gets a random password; RDS resets it in the next turn.
        """
        first, new = found.first(), found.pending
        if first is None or new is None or new.username == first.username:
            return
        if first.username == self.users.master and self.users.logs_in(first):
            yield self.users.lock_out(first)

    def obstacles(self) -> Iterator[str]:
        name, status = self.database["DBInstanceIdentifier"], self.database["DBInstanceStatus"]
        if self.found.is_rotated_by_lambda:
            yield rotation.by_lambda(self.found.name)
        if self.database.get("MasterUserSecret"):
            yield f"RDS manages the master password of {name} and rejects changes of it."
        if status not in {instance.AVAILABLE, database_users.RESETTING}:
            yield f"{name} is {status}: wait until it is available."
        yield from migrate.running(self.found.account)
        yield from self._logins()

    def _logins(self) -> Iterator[str]:
        """The secret's user must be known, and one of its passwords valid."""
        users, found = self.users, self.found
        known = {users.master, users.other(users.master)}
        user = found.current.username
        if user not in known:
            yield f"The secret's user is {user}; allowed: {' or '.join(sorted(known))}."
        elif found.pending is None and user != users.master and not self.two_users:
            yield (f"The secret's user is {user}, the second of two users: add --two-users.")
        held = [found.current, found.pending]
        if not self.two_users:
            # A replaced database has the first password again, which RDS can reset.
            held.append(found.first())
        if not any(users.logs_in(credentials) for credentials in filter(None, held)):
            yield (
                "The database rejects every password of the secret: it was changed without the "
                f"secret. Store the database's password in {found.arn} as the current version, "
                "then rotate."
            )


def plan(account: Account, connect: Connect, *, two_users: bool) -> PasswordRotation:
    """Raises Refused if the secret can't be used or there is no database."""
    found, database = secret.read(account), instance.read(account)
    users = DatabaseUsers(account=account, master=database["MasterUsername"], connect=connect)
    return PasswordRotation(found=found, database=database, users=users, two_users=two_users)
