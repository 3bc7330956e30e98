"""One look at everything that runs, its calls made side by side.

Nothing waits for more than one other answer: the services say where rules, targets and alarms are,
lists say which tasks, deployments and certificates there are. docs/decisions/two-rounds.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from arbor import lock, screen
from arbor.account import APPS, together
from arbor.ecs.report import Opener
from arbor.incident import (
    alarms,
    answers,
    cache,
    certificate,
    database,
    deployments,
    services,
    targets,
    tasks,
)
from arbor.incident.row import Row, Unknown
from arbor.incident.shared import Shared
from arbor.procedure import Failed, Refused

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Look:
    """What was found, or for each part why it wasn't."""

    stack: str
    at: datetime
    answers: dict[str, answers.Answer | Unknown]
    """What users get, by application."""
    services: list[services.ServiceNow] | Unknown
    targets: list[targets.Colour] | Unknown
    deployments: list[deployments.DeploymentNow] | Unknown
    tasks: tasks.TasksNow | Unknown
    alarms: list[alarms.AlarmNow] | Unknown
    database: database.DatabaseNow | Unknown
    cache: cache.CacheNow | Unknown
    certificate: list[certificate.CertificateNow] | Unknown
    operation: str | Unknown
    """Which command holds the lock; nothing when none does."""

    @property
    def environment(self) -> str:
        """`production` or `staging` as the database is tagged; untagged, the stack's name."""
        if isinstance(self.database, Unknown):
            return self.stack
        return self.database.environment or self.stack

    def rows(self) -> list[Row]:
        """Line by line, as it is shown."""
        parts: list[tuple[str, Any, Callable[[Any], list[Row]]]] = [
            ("services", self.services, services.rows),
            ("target health", self.targets, targets.rows),
            (
                "deployments",
                self.deployments,
                partial(deployments.rows, now=self.at, stack=self.stack),
            ),
            ("tasks", self.tasks, partial(tasks.rows, now=self.at)),
            ("alarms", self.alarms, partial(alarms.rows, now=self.at)),
            ("database", self.database, partial(database.rows, environment=self.environment)),
            ("cache", self.cache, partial(cache.rows, environment=self.environment)),
            ("certificate", self.certificate, certificate.rows),
            ("operation", self.operation, _operation),
        ]
        looked = [
            row
            for what, found, show in parts
            for row in ([found.row(what)] if isinstance(found, Unknown) else show(found))
        ]
        return [*answers.rows(self.answers), *looked]


def take(shared: Shared, opener: Opener, now: datetime) -> Look:
    """Look; `opener` asks the public address of each service.

    A part that fails is Unknown, and hides none of the others.

    Raises Refused where the stack isn't, and what all of the parts met where all met the same.
    """
    account = shared.account
    parts: dict[str, Callable[[], Any]] = {
        "services": partial(services.read, shared),
        "targets": partial(targets.read, shared),
        "deployments": partial(deployments.read, account),
        "tasks": partial(tasks.read, account),
        "alarms": partial(alarms.read, shared),
        "database": partial(database.read, account, now),
        "cache": partial(cache.read, shared),
        "certificate": partial(certificate.read, account, now),
        "operation": partial(_holder, shared),
    }
    asked = [partial(answers.read, shared, app, opener) for app in APPS]
    # Last, for they wait for what ECS says of the services, and threads are few.
    found: list[Any] = guarded(*parts.values(), *asked)
    looked = dict(zip(parts, found[: len(parts)], strict=True))
    told = dict(zip(APPS, found[len(parts) :], strict=True))
    return Look(stack=account.stack, at=now, answers=told, **looked)


def guarded(*calls: Callable[[], T]) -> list[T | Unknown]:
    """Side by side, with why in place of those that fail.

    Raises Refused, and what all of them met where all met the same: it is no matter of theirs.
    """
    met: list[Exception] = []

    def guard(call: Callable[[], T]) -> T | Unknown:
        try:
            return call()
        except Refused:
            raise
        except Exception as error:  # noqa: BLE001 - whatever befalls one part hides no other
            met.append(error)
            return Unknown(why(error))

    answers = together(*(partial(guard, call) for call in calls))
    if len(met) == len(calls) and len({_kind(error) for error in met}) == 1:
        raise met[0]
    return answers


def why(error: Exception) -> str:
    """In one sentence, for people."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

    if isinstance(error, BotoCoreError | ClientError):
        return screen.sentence(error)
    if isinstance(error, Failed):
        return str(error)
    return f"an answer that nobody expected: {type(error).__name__} {error}"


def _kind(error: Exception) -> str:
    """What an operator would do about it; the services have each their own word for it."""
    code = getattr(error, "response", {}).get("Error", {}).get("Code") or type(error).__name__
    return screen.DO.get(code, str(code))


def _holder(shared: Shared) -> str:
    now = lock.current(shared.account)
    return now[0].sentence if now is not None else ""


def _operation(told: str) -> list[Row]:
    return [Row("", "operation", told or "no command is at work")]
