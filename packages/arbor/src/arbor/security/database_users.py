"""Passwords of the database's users: the master's by RDS, the second one's by SQL."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from arbor.account import Account
from arbor.database.connection import WrongPasswordError, instance
from arbor.database.credentials import Credentials
from arbor.procedure import Failed, Step
from arbor.security import passwords
from arbor_names import naming

HALF_AN_HOUR = 1800.0
RESETTING = "resetting-master-credentials"
LOCK_TIMEOUT = "5s"
"""What the tables' new owner may make the application wait."""
Connect = Callable[[Account, Credentials], AbstractContextManager[Any]]
"""A psycopg connection; raises WrongPasswordError when the database refuses the password."""


@dataclass(frozen=True, kw_only=True)
class Users:
    """Of one stack's database."""

    account: Account
    master: str
    """The one whose password RDS keeps."""
    connect: Connect

    def other(self, username: str) -> str:
        """Who takes turns with a user."""
        return naming.DATABASE_SECOND_USER if username == self.master else self.master

    def logs_in(self, credentials: Credentials) -> bool:
        try:
            with self.connect(self.account, credentials) as connection:
                connection.execute("SELECT 1")
        except WrongPasswordError:
            return False
        return True

    def give(self, wanted: Credentials, current: Credentials) -> Step:
        """Give a user its password; `current` is who can do that by SQL."""
        if wanted.username == self.master:
            name = naming.database_instance(self.account.stack)
            return self._by_rds(
                wanted,
                f"give {wanted.username} the pending password in {name}, and log in with it",
                lambda: self.logs_in(wanted),
            )
        return Step(
            says=f"give {wanted.username} the pending password in the database",
            do=lambda: self._by_sql(wanted, current),
            took_effect=lambda: self.logs_in(wanted),
        )

    def lock_out(self, first: Credentials) -> Step:
        """Give the master a password that is kept nowhere; RDS gives the next one without it."""
        return self._by_rds(
            Credentials(username=first.username, password=passwords.generate()),
            f"end the first password of {first.username}: the state holds it, and no task uses it",
            lambda: not self.logs_in(first),
        )

    def _by_rds(self, wanted: Credentials, says: str, is_proved: Callable[[], bool]) -> Step:
        rds, name = self.account.client("rds"), naming.database_instance(self.account.stack)

        def is_applied() -> bool:
            found = instance(self.account)
            settled = found["DBInstanceStatus"] == "available"
            pending = "MasterUserPassword" in found.get("PendingModifiedValues", {})
            return settled and not pending and is_proved()

        def change() -> None:
            try:
                rds.modify_db_instance(
                    DBInstanceIdentifier=name,
                    MasterUserPassword=wanted.password,
                    ApplyImmediately=True,
                )
            except rds.exceptions.InvalidDBInstanceStateFault:
                # A call that took effect although its answer was lost, and was repeated.
                if instance(self.account)["DBInstanceStatus"] != RESETTING:
                    raise

        return Step(says=says, do=change, took_effect=is_applied, timeout=HALF_AN_HOUR)

    def _by_sql(self, wanted: Credentials, current: Credentials) -> None:
        """Make the second user if need be; both act as one owner, whoever is logged in.

        PostgreSQL 16 lets nobody grant membership in himself, so what the master owns goes to a
        role of its own that both are in: docs/decisions/rotation.md.
        """
        from psycopg import Error, sql  # noqa: PLC0415 - slow, and --help is fast

        owner = sql.Identifier(naming.DATABASE_OWNER)
        master, second = sql.Identifier(self.master), sql.Identifier(wanted.username)
        try:
            with self.connect(self.account, current) as connection, connection.transaction():
                # As the user itself: with the owner's rights alone it could make no role.
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
                # Hashed here, so that the server's log never has it in plain.
                hashed = connection.pgconn.encrypt_password(
                    wanted.password.encode(), wanted.username.encode(), b"scram-sha-256"
                ).decode()
                connection.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(second, sql.Literal(hashed))
                )
        except Error as error:
            raise Failed(f"PostgreSQL refused it, and nothing of it was done: {error}.") from error
