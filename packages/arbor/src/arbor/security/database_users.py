"""Passwords of the database's users: the master user's by RDS, the second user's by SQL."""

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.database import instance
from arbor.database.connection import WrongPasswordError
from arbor.database.secret import Credentials
from arbor.procedure import Failed, Step
from arbor_names import naming

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import psycopg

HALF_AN_HOUR = 1800.0
RESETTING = "resetting-master-credentials"
LOCK_TIMEOUT = "5s"
"""Limit of the time that REASSIGN OWNED may block the application."""
LENGTH = 40
"""RDS allows 8 to 128."""
ALPHABET = string.ascii_letters + string.digits + "-_"
"""Valid in a URL without escaping; RDS rejects `/`, `@`, `"` and space."""
Connect = Callable[[Account, Credentials], "AbstractContextManager[psycopg.Connection]"]
"""Raises WrongPasswordError if the database rejects the password."""


def generate_password() -> str:
    """A random password of 240 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


@dataclass(frozen=True, kw_only=True)
class DatabaseUsers:
    """The application's two users of one stack's database."""

    account: Account
    master: str
    """RDS's master user."""
    connect: Connect

    def other(self, username: str) -> str:
        """The user that alternates with `username`."""
        return naming.DATABASE_SECOND_USER if username == self.master else self.master

    def logs_in(self, credentials: Credentials) -> bool:
        try:
            with self.connect(self.account, credentials) as connection:
                connection.execute("SELECT 1")
        except WrongPasswordError:
            return False
        return True

    def set_password(self, wanted: Credentials, current: Credentials) -> Step:
        """Set a user's password, by SQL as `current` where RDS can't."""
        if wanted.username == self.master:
            name = naming.database_instance(self.account.stack)
            return self._by_rds(
                wanted,
                f"set the pending password of {wanted.username} in {name} and log in with it",
                lambda: self.logs_in(wanted),
            )
        return Step(
            action=f"set the pending password of {wanted.username} in the database, and log in",
            do=lambda: self._by_sql(wanted, current),
            took_effect=lambda: self.logs_in(wanted),
        )

    def lock_out(self, first: Credentials) -> Step:
        """Set a random password of the master user that is not stored; RDS can always reset it."""
        return self._by_rds(
            Credentials(username=first.username, password=generate_password()),
            f"invalidate the first password of {first.username}, which is in Pulumi's state",
            lambda: not self.logs_in(first),
        )

    def _by_rds(self, wanted: Credentials, action: str, is_verified: Callable[[], bool]) -> Step:
        rds, name = self.account.client("rds"), naming.database_instance(self.account.stack)

        def is_applied() -> bool:
            found = instance.read(self.account)
            settled = found["DBInstanceStatus"] == instance.AVAILABLE
            pending = "MasterUserPassword" in found.get("PendingModifiedValues", {})
            return settled and not pending and is_verified()

        def change() -> None:
            try:
                rds.modify_db_instance(
                    DBInstanceIdentifier=name,
                    MasterUserPassword=wanted.password,
                    ApplyImmediately=True,
                )
            except rds.exceptions.InvalidDBInstanceStateFault:
                # Expected if an earlier call took effect and its response was lost.
                if instance.read(self.account)["DBInstanceStatus"] != RESETTING:
                    raise

        return Step(action=action, do=change, took_effect=is_applied, timeout=HALF_AN_HOUR)

    def _by_sql(self, wanted: Credentials, current: Credentials) -> None:
        """Create the second user if it is missing, and let both users act as one owner.

        PostgreSQL 16 rejects grants of membership in oneself, so the master's tables move to a
        role with both users as members: docs/decisions/rotation.md.
        """
        from psycopg import Error, sql  # noqa: PLC0415 - slow, and --help is fast

        owner = sql.Identifier(naming.DATABASE_OWNER)
        master, second = sql.Identifier(self.master), sql.Identifier(wanted.username)
        try:
            with self.connect(self.account, current) as connection, connection.transaction():
                # As the user itself: the owner role can't create roles.
                connection.execute("SET LOCAL ROLE NONE")
                connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(LOCK_TIMEOUT))
                for role, kind in ((naming.DATABASE_OWNER, "NOLOGIN"), (wanted.username, "LOGIN")):
                    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                    if known.fetchone() is None:
                        create = sql.SQL("CREATE ROLE {} " + kind).format(sql.Identifier(role))
                        connection.execute(create)
                for member in (master, second):
                    connection.execute(sql.SQL("GRANT {} TO {}").format(owner, member))
                connection.execute(sql.SQL("REASSIGN OWNED BY {} TO {}").format(master, owner))
                for member in (master, second):
                    connection.execute(sql.SQL("ALTER ROLE {} SET ROLE {}").format(member, owner))
                # Hashed here, so that the server's log never contains the password.
                hashed = connection.pgconn.encrypt_password(
                    wanted.password.encode(), wanted.username.encode(), b"scram-sha-256"
                ).decode()
                connection.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(second, sql.Literal(hashed))
                )
        except Error as error:
            raise Failed(f"PostgreSQL rejected the change and rolled it back: {error}.") from error
