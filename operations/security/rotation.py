"""rotate-password: a new password in the database, the secret and the running tasks.

The order is what survives a crash: the password is kept before the database knows it, and given
out only after the database has proved that it takes it. docs/decisions/rotation.md says more.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from operations.account import APPS, Account
from operations.database import secret
from operations.database.connection import instance as database
from operations.database.credentials import Credentials
from operations.database.secret import Secret
from operations.ecs import services
from operations.ecs.rollout import Rollout
from operations.procedure import Failed, Refused, Run, Step
from operations.release import migrate
from operations.security import database_users, passwords
from operations.security.database_users import Connect, Users

GO_ON = (
    "The rotation is kept where it is: run `rotate-password` again, and it goes on from there "
    "with the same password."
)


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """One rotation, new or interrupted."""

    account: Account
    users: Users
    two_users: bool
    """Asked for; an interrupted rotation goes on as it was begun."""
    services: tuple[services.Service, ...]
    """That are given the secret when their tasks start."""

    def execute(self, run: Run) -> None:
        """Raises Failed; whatever the end, the same again goes on."""
        try:
            run.execute(self.steps())
        except Failed as failed:
            raise Failed(f"{failed}\n{GO_ON}") from failed

    def steps(self) -> Iterator[Step]:
        """What is left, the first of it first."""
        found = secret.read(self.account)
        is_new = found.pending is None
        if is_new:
            found = found.beside(self._made(found))
            yield found.keep()
        assert found.pending is not None
        if not found.is_promoted:
            if is_new or not self.users.logs_in(found.pending):
                yield self.users.give(found.pending, found.current)
            yield found.promote()
        yield from self._deploy()
        yield found.end()

    def _made(self, found: Secret) -> Credentials:
        user = found.current.username
        username = self.users.other(user) if self.two_users else user
        return Credentials(username=username, password=passwords.generate())

    def _deploy(self) -> Iterator[Step]:
        for service in self.services:
            live = service.task_definition
            yield Rollout(
                service=service,
                revision=lambda live=live: live,  # type: ignore[misc] # mypy can't infer it
                what="the new password",
                continues=True,
            ).step()


def plan(account: Account, connect: Connect, *, two_users: bool) -> Rotation:
    """Look at everything first; raises Refused with a line for each thing that is in the way."""
    found = secret.read(account)
    instance = database(account)
    users = Users(account=account, master=instance["MasterUsername"], connect=connect)
    using = tuple(s for s in (services.read(account, app) for app in APPS) if _uses(s, found.arn))
    in_the_way = [
        *_database(instance),
        *(sentence for service in using for sentence in service.busy()),
        *migrate.running(account),
        *_logins(users, found, two_users=two_users),
    ]
    if in_the_way:
        raise Refused("\n".join(in_the_way))
    return Rotation(account=account, users=users, two_users=two_users, services=using)


def _uses(service: services.Service, arn: str) -> bool:
    found = service.account.client("ecs").describe_task_definition(
        taskDefinition=service.task_definition
    )["taskDefinition"]
    return any(
        value["valueFrom"].startswith(arn)
        for container in found["containerDefinitions"]
        for value in container.get("secrets", [])
    )


def _database(instance: dict[str, object]) -> Iterator[str]:
    name, status = instance["DBInstanceIdentifier"], instance["DBInstanceStatus"]
    if instance.get("MasterUserSecret"):
        yield f"RDS manages the master password of {name} itself, and refuses another."
    if status not in {"available", database_users.RESETTING}:
        yield f"{name} is {status}: wait until it is available."


def _logins(users: Users, found: Secret, *, two_users: bool) -> Iterator[str]:
    """What is taken for granted by every step must be true before the first."""
    known = {users.master, users.other(users.master)}
    user = found.current.username
    if user not in known:
        yield f"The secret's user is {user}; allowed: {' or '.join(sorted(known))}."
    elif found.pending is None and user != users.master and not two_users:
        yield (
            f"The secret's user is {user}, whose turn began with a rotation of two users: "
            "add --two-users."
        )
    held = [found.current, *([found.pending] if found.pending else [])]
    if not any(users.logs_in(credentials) for credentials in held):
        yield (
            "The database takes none of the secret's passwords: somebody changed it by hand. Put "
            f"that one into the secret as {found.arn}'s current version, then rotate."
        )
